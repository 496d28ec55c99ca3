#!/usr/bin/env python3
"""kubevirt.py MACHINE.ini MANIFEST.json - is the manifest the machine file's machine, and does it use only fields that the API has?

FIELDS is from kubevirt/kubevirt staging/src/kubevirt.io/api/core/v1/schema.go and types.go, and Kubernetes' core/v1 for claims: the ones that a
machine of ours can need, each with the fields or the words that it may have.
"""
import configparser
import json
import sys

TARGET = {"bus": ["virtio", "sata", "scsi", "usb"], "readonly": bool}
FIELDS = {
    "VirtualMachineInstance": {
        "apiVersion": ["kubevirt.io/v1"], "kind": str, "metadata": {"name": str, "annotations": dict},
        "spec": {
            "terminationGracePeriodSeconds": int,
            "domain": {
                "machine": {"type": ["q35"]},
                "cpu": {"cores": int, "model": str, "features": [{"name": str, "policy": ["force", "require", "optional", "disable", "forbid"]}]},
                "features": {"kvm": {"hidden": bool}}, "memory": {"guest": str},
                "firmware": {"bootloader": {"bios": {}, "efi": {"secureBoot": bool, "persistent": bool}},
                             "kernelBoot": {"kernelArgs": str, "container": {"image": str, "kernelPath": str, "initrdPath": str}}},
                "devices": {
                    "autoattachGraphicsDevice": bool, "autoattachMemBalloon": bool, "autoattachPodInterface": bool,
                    "autoattachSerialConsole": bool, "logSerialConsole": bool,
                    "disks": [{"name": str, "disk": TARGET, "cdrom": TARGET, "serial": str, "cache": ["none", "writethrough", "writeback"],
                               "io": ["native", "default", "threads"], "bootOrder": int}],
                    "interfaces": [{"name": str, "model": ["e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", "virtio"],
                                    "masquerade": {}, "bridge": {}, "macAddress": str, "state": ["absent", "down", "up"], "bootOrder": int}]}},
            "networks": [{"name": str, "pod": {"vmNetworkCIDR": str}, "multus": {"networkName": str}}],
            "volumes": [{"name": str, "persistentVolumeClaim": {"claimName": str}, "emptyDisk": {"capacity": str},
                         "containerDisk": {"image": str, "path": str}}]}},
    "PersistentVolumeClaim": {
        "apiVersion": ["v1"], "kind": str, "metadata": {"name": str},
        "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": ["Block", "Filesystem"], "resources": {"requests": {"storage": str}}}},
}
BUS = {"virtio": "virtio", "virtio-scsi": "scsi", "ahci": "sata", "usb": "usb"}
MODEL = {"virtio-net-pci": "virtio"}


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, expected {wanted!r}")


def known(value, field, where):
    if isinstance(field, dict):
        expect(f"{where}: an object", isinstance(value, dict), True)
        for key, inner in value.items():
            if key not in field:
                raise SystemExit(f"{where}.{key}: no such field")
            known(inner, field[key], f"{where}.{key}")
    elif isinstance(field, list) and isinstance(field[0], dict):
        expect(f"{where}: a list", isinstance(value, list), True)
        for number, inner in enumerate(value):
            known(inner, field[0], f"{where}[{number}]")
    elif isinstance(field, list):
        for word in value if isinstance(value, list) else [value]:
            if word not in field:
                raise SystemExit(f"{where}: {word!r} is none of {field}")
    elif not isinstance(value, field) or (field is int and isinstance(value, bool)):
        raise SystemExit(f"{where}: {value!r} is no {field.__name__}")


def size(text):
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


def quantity(text):
    return int(text[:-2]) << 10 if text.endswith("Ki") else int(text)


def by_name(items):
    expect("names are unique", len({item["name"] for item in items}), len(items))
    return {item["name"]: item for item in items}


def check_disk(name, said, disk, volume, claims):
    get = said.get
    expect(f"{name} bus", disk["disk"]["bus"], BUS[get("bus", "virtio")])
    expect(f"{name} serial", disk.get("serial", ""), get("serial", ""))
    expect(f"{name} cache", disk["cache"], get("cache", "writeback"))
    expect(f"{name} io", disk["io"], get("aio", "threads"))
    if get("format", "raw") == "qcow2":
        expect(f"{name} size", quantity(volume["emptyDisk"]["capacity"]), size(get("size", "1G")))
        return
    claim = claims[volume["persistentVolumeClaim"]["claimName"]]
    expect(f"{name} size", quantity(claim["spec"]["resources"]["requests"]["storage"]), size(get("size", "1G")))
    expect(f"{name} mode", claim["spec"]["volumeMode"], "Block")


def check_nic(name, said, card, network):
    get = said.get
    expect(f"{name} model", card["model"], MODEL.get(get("model", "virtio-net-pci"), get("model")))
    expect(f"{name} address", card.get("macAddress", ""), get("mac", ""))
    expect(f"{name} link", card.get("state", "up"), get("link", "up"))
    if get("network", "user") == "user":
        expect(f"{name} network", ("masquerade" in card, "pod" in network), (True, True))
    else:
        expect(f"{name} network", ("bridge" in card, network["multus"]["networkName"]), (True, get("interface")))


def check_board(said, spec):
    domain, get = spec["domain"], said.get
    hidden = get("hypervisor", "shown") == "hidden"
    expect("machine", domain["machine"]["type"], get("chipset", "q35"))
    expect("cores", domain["cpu"]["cores"], int(get("cpus", "2")))
    expect("model", domain["cpu"]["model"], "host-passthrough")
    expect("memory", quantity(domain["memory"]["guest"]), size(get("memory", "1G")))
    expect("hidden", domain["cpu"].get("features"), [{"name": "hypervisor", "policy": "disable"}] if hidden else None)
    expect("hidden from KVM's leaf", domain.get("features", {}).get("kvm", {}).get("hidden", False), hidden)
    expect("firmware", list(domain["firmware"]["bootloader"]), ["efi" if get("firmware", "bios") == "uefi" else "bios"])


def main(ini, manifest):
    said = configparser.ConfigParser(interpolation=None)
    said.read(ini)
    items = json.load(open(manifest))["items"]
    for item in items:
        known(item, FIELDS[item["kind"]], item["kind"])
    claims = {item["metadata"]["name"]: item for item in items if item["kind"] == "PersistentVolumeClaim"}
    instances = [item for item in items if item["kind"] == "VirtualMachineInstance"]
    expect("machines", len(instances), 1)
    spec = instances[0]["spec"]
    sections = {kind: {name.split(" ", 1)[1]: said[name] for name in said.sections() if name.startswith(kind + " ")} for kind in ("disk", "nic")}
    devices = spec["domain"]["devices"]
    disks, volumes = by_name(devices["disks"]), by_name(spec["volumes"])
    cards, networks = by_name(devices["interfaces"]), by_name(spec["networks"])
    check_board(said["machine"], spec)
    expect("disks", list(disks), list(sections["disk"]))
    expect("volumes", list(volumes), list(disks))
    nics = {name: nic for name, nic in sections["nic"].items() if nic.get("model") != "none"}
    expect("cards", list(cards), list(nics))
    expect("networks", list(networks), list(cards))
    for name, disk in sections["disk"].items():
        check_disk(name, disk, disks[name], volumes[name], claims)
    for name, nic in nics.items():
        check_nic(name, nic, cards[name], networks[name])
    expect("claims that no volume names", set(claims) - {v.get("persistentVolumeClaim", {}).get("claimName") for v in spec["volumes"]}, set())
    expect("annotated peer", instances[0]["metadata"]["annotations"]["assay/peer"], said["peer"]["kind"] if "peer" in said else "none")
    words = spec["domain"]["firmware"]["kernelBoot"]["kernelArgs"].split()
    expect("plan", words[0], "assay.plan=storage")
    expect("words, last", words[-2:], ["assay.note=one", "assay.results=http://198.18.0.1:8080/"])


main(*sys.argv[1:])
