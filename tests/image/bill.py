"""bill.py WHAT FILE... - what the documents beside an image say, read by somebody who did not write them. Exit 1 and a line when not.

  sbom SBOM LOCK FOLDER...     SPDX 2.3: fields, licenses, relations; sums of the lock's archives, and of the files in FOLDERs that are there
  provenance FILE FOLDER       an in-toto statement with SLSA provenance v1, as a verifier must read it: subjects are FOLDER's files by
                               digest, a known builder, a known type, no parameter that is not known
  envelope FILE KEY            its DSSE envelope, signed with the Ed25519 key (PEM); prints the statement
  record FILE FOLDER           the build record against the files it speaks of
  archive CPIO                 newc: every file's time is the one time stamp
"""
import base64, hashlib, json, os, re, subprocess, sys, tempfile

EPOCH = 1577836800
LICENSES = {"MIT", "ISC", "BSD-3-Clause", "GPL-2.0-only", "LGPL-2.1-or-later", "GPL-3.0-or-later"}
EXCEPTIONS = {"Linux-syscall-note", "GCC-exception-3.1"}
PARAMETERS = {"commit", "version", "FIRMWARE", "LOCKED"}


def need(condition, words):
    if not condition:
        sys.exit("bill: " + words)


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def load(path):
    def once(pairs):
        names = [name for name, _ in pairs]
        need(len(names) == len(set(names)), f"{path}: a key twice")
        return dict(pairs)
    return json.load(open(path), object_pairs_hook=once)


def check_license(text):
    if text == "NOASSERTION":
        return
    for part in re.split(r" (?:AND|OR) ", text):
        name, _, exception = part.partition(" WITH ")
        need(name in LICENSES, f"license {name}")
        need(not exception or exception in EXCEPTIONS, f"license exception {exception}")


def check_package(package):
    for field in ("SPDXID", "name", "versionInfo", "packageFileName", "supplier", "downloadLocation", "filesAnalyzed", "checksums",
                  "licenseConcluded", "licenseDeclared", "copyrightText"):
        need(package.get(field) not in (None, "", []), f"package {package.get('name')}: no {field}")
    need(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]), f"id {package['SPDXID']}")
    need(package["supplier"] == "NOASSERTION" or re.match(r"(Organization|Person): .", package["supplier"]), "supplier")
    for checksum in package["checksums"]:
        need(checksum["algorithm"] == "SHA256" and re.fullmatch("[0-9a-f]{64}", checksum["checksumValue"]), f"sum of {package['name']}")
    check_license(package["licenseDeclared"])


def sbom(path, lock, *folders):
    document = load(path)
    need(document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0" and document["SPDXID"] == "SPDXRef-DOCUMENT", "header")
    need(document["name"] and re.match(r"[a-z]+:[^#]+$", document["documentNamespace"]), "name or namespace")
    need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"]), "created")
    need(all(re.match("(Tool|Organization|Person): ", one) for one in document["creationInfo"]["creators"]), "creators")
    packages = {}
    for package in document["packages"]:
        check_package(package)
        need(package["SPDXID"] not in packages, f"{package['SPDXID']} twice")
        packages[package["SPDXID"]] = package
    reached = {"SPDXRef-DOCUMENT"}
    for relation in document["relationships"]:
        for end in ("spdxElementId", "relatedSpdxElement"):
            need(relation[end] == "SPDXRef-DOCUMENT" or relation[end] in packages, f"relation to {relation[end]}, which is not there")
        need(relation["relationshipType"] in ("DESCRIBES", "CONTAINS", "STATIC_LINK", "GENERATED_FROM", "PATCH_FOR"), "kind of relation")
        reached |= {relation["spdxElementId"], relation["relatedSpdxElement"]}
    need(not set(packages) - reached, f"related to nothing: {set(packages) - reached}")
    pinned = {line.split()[4]: (line.split()[0], line.split()[5]) for line in open(lock) if line.strip() and line[0] != "#"}
    of_lock = {package["packageFileName"]: package["checksums"][0]["checksumValue"] for package in packages.values()
               if package["packageFileName"] in pinned}
    for file, value in of_lock.items():
        need(value == pinned[file][1], f"{file}: not the lock's sum")
    seen = 0
    for package in packages.values():
        for folder in folders:
            file = os.path.join(folder, os.path.basename(package["packageFileName"]))
            if os.path.isfile(file):
                seen += 1
                need(digest(file) == package["checksums"][0]["checksumValue"], f"{file}: another sum")
    print(f"{len(packages)} packages, {len(of_lock)} archives of the lock, {seen} files looked at, {len(document['relationships'])} relations")


def check_statement(statement, folder):
    need(statement.get("_type") == "https://in-toto.io/Statement/v1", "type of statement")
    need(statement.get("predicateType") == "https://slsa.dev/provenance/v1", "type of predicate")
    need(set(statement) == {"_type", "subject", "predicateType", "predicate"}, "keys of the statement")
    definition, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    need(details["builder"]["id"] == "urn:assay:builder:local", f"builder {details['builder']['id']} is not known")
    need(definition["buildType"] == "urn:assay:build:make:1", f"build type {definition['buildType']} is not known")
    unknown = set(definition["externalParameters"]) - PARAMETERS
    need(not unknown, f"parameters that are not known: {unknown}")
    need(re.fullmatch("[0-9a-f]{40}", definition["externalParameters"]["commit"]), "commit")
    need(definition["internalParameters"]["slsaBuildLevel"] == 1, "it claims another level than 1")
    for dependency in definition["resolvedDependencies"]:
        need(dependency["uri"] and all(re.fullmatch("[0-9a-f]{40,64}", value) for value in dependency["digest"].values()), "dependency")
    need(statement["subject"], "no subject")
    names = {subject["name"] for subject in statement["subject"]}
    for subject in statement["subject"]:
        file = os.path.join(folder, subject["name"])
        need(os.path.isfile(file), f"subject {subject['name']} is not there")
        need(digest(file) == subject["digest"]["sha256"], f"subject {subject['name']} has another digest")
    for name in ("assay.efi", "initramfs.cpio", "assay.iso", "assay.img", "pxe/assay.efi"):
        need(name in names, f"{name} is no subject")
    for product in details["byproducts"]:
        need(digest(os.path.join(folder, product["name"])) == product["digest"]["sha256"], f"by-product {product['name']} has another digest")
    print(f"{len(names)} subjects, {len(definition['resolvedDependencies'])} dependencies")


def provenance(path, folder):
    check_statement(load(path), folder)


def envelope(path, key):
    wrapped = load(path)
    body, kind = base64.b64decode(wrapped["payload"], validate=True), wrapped["payloadType"]
    signed = f"DSSEv1 {len(kind)} {kind} {len(body)} ".encode() + body
    with tempfile.TemporaryDirectory() as place:
        for name, data in (("signed", signed), ("sig", base64.b64decode(wrapped["signatures"][0]["sig"], validate=True))):
            open(f"{place}/{name}", "wb").write(data)
        answer = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", f"{place}/signed",
                                 "-sigfile", f"{place}/sig"], capture_output=True)
    need(answer.returncode == 0, "the signature does not fit")
    sys.stdout.write(body.decode())


def record(path, folder):
    said = load(path)
    for name in ("version", "commit", "sourceDateEpoch", "settings", "allAsLocked", "flags", "tools", "packages", "configurations", "pieces", "sources", "results"):
        need(name in said, f"no {name}")
    need(said["sourceDateEpoch"] == EPOCH, "another time")
    for name, value in said["configurations"].items():
        file = os.path.join(folder, name) if name == "kernel.config" else name
        need(digest(file) == value, f"{name}: another sum")
    for name in ("assay.efi", "initramfs.cpio"):
        need(digest(os.path.join(folder, name)) == said["results"][name], f"{name}: another sum")
    payload = load(os.path.join(folder, "payload.json"))
    need(payload["digest"] == said["results"]["payloadDigest"], "another payload digest")
    installed = dict(line.split("\t") for line in subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Version}\n"],
                     capture_output=True, text=True).stdout.splitlines())
    for name, version in said["packages"].items():
        need(installed.get(name) == version, f"package {name}: {version}, here {installed.get(name)}")
    for name in ("gcc", "musl-dev", "binutils", "xorriso", "syslinux"):
        need(name in said["packages"], f"package {name} is missing")
    for name in ("gcc", "ld", "zstd", "musl"):
        need(said["tools"].get(name), f"tool {name} is missing")
    need("-O2" in said["flags"], "flags")
    print(f"{len(said['tools'])} tools, {len(said['packages'])} packages, {len(said['configurations'])} configurations, "
          f"{len(said['pieces'])} pieces, {len(said['sources'])} archives")


def archive(path):
    data, at, times = open(path, "rb").read(), 0, []
    while data[at:at + 6] == b"070701":
        field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = data[at + 110:at + 110 + field[11] - 1].decode()
        if name == "TRAILER!!!":
            break
        need(field[5] == EPOCH, f"{name}: time {field[5]}")
        need(field[2] == 0 and field[3] == 0, f"{name}: not root's")
        times.append(field[5])
        at = (at + 110 + field[11] + 3) // 4 * 4
        at = (at + field[6] + 3) // 4 * 4
    need(len(times) > 20, "no archive")
    print(f"{len(times)} files")


if __name__ == "__main__":
    {"sbom": sbom, "provenance": provenance, "envelope": envelope, "record": record, "archive": archive}[sys.argv[1]](*sys.argv[2:])
