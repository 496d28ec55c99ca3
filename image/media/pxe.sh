#!/bin/sh
# pxe.sh PAYLOAD FOLDER - a tree to be served by TFTP and HTTP. bios/ is what pxelinux sees; the payload there is the same file under a
# second name, as dnsmasq's TFTP goes through no "..". dnsmasq.conf.in keeps its @NAMES@ for whoever fills them in.
# PXE_INTERFACE, PXE_ADDRESS, PXE_RANGE, PXE_URL and PXE_ROOT (/srv/assay) fill them for dnsmasq.conf.
payload=$1
out=$2
. "$(dirname "$0")/common.sh"

config=$(cd "$(dirname "$0")/../../config" && pwd)
begin
tree=$work/tree
bios=$tree/bios
mkdir -p "$bios/pxelinux.cfg"
cp "$payload" "$tree/assay.efi"
chmod 644 "$tree/assay.efi"
ln "$tree/assay.efi" "$bios/assay.efi"
cp /usr/lib/PXELINUX/pxelinux.0 /usr/lib/PXELINUX/lpxelinux.0 "$modules/ldlinux.c32" "$modules/libutil.c32" "$modules/menu.c32" "$bios"
syslinux_config pxe assay.efi -1 < "$config/syslinux/menu.cfg" > "$bios/pxelinux.cfg/default"
sed -e 's/@BOOT@/pxe/' -e 's/@LINUX@/assay.efi/' "$config/syslinux/machine.cfg" > "$bios/pxelinux.cfg/01-52-54-00-12-34-56.example"
cp "$config/pxe/assay.ipxe" "$tree"
cp "$config/pxe/dnsmasq.conf" "$tree/dnsmasq.conf.in"
address=${PXE_ADDRESS:-198.18.0.1}
sed -e "s,@INTERFACE@,${PXE_INTERFACE:-eth1},g" -e "s,@RANGE@,${PXE_RANGE:-198.18.0.50\,198.18.0.199}," -e "s,@ROOT@,${PXE_ROOT:-/srv/assay},g" \
	-e "s,@URL@,${PXE_URL:-http://$address},g" "$tree/dnsmasq.conf.in" > "$tree/dnsmasq.conf"
rm -rf "$out"
mv "$tree" "$out"
