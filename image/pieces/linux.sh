# The kernel's source tree, as the distribution patched it.
# sources: linux

"$ROOT/image/fetch.sh" linux
dpkg-deb --fsys-tarfile "$CACHE"/sources/linux-source-*.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' > linux.tar.xz
tar -xf linux.tar.xz -C "$OUT" --strip-components=1
