#!/bin/sh
# provenance.sh - how all that SHA256SUMS lists came about, as an in-toto statement with SLSA provenance v1. SLSA build level 1: it is there,
# and whoever ran make says so; nobody else watched. With PROVENANCE_KEY= (an Ed25519 key, PEM) it is signed as well: provenance.dsse.json.
. image/json.sh

subjects() {
	grep -v '^#' "$B/SHA256SUMS" | while read -r digest name; do
		printf '{"name": "%s", "digest": {"sha256": "%s"}}\n' "$name" "$digest"
	done
}
dependencies() {
	printf '{"uri": "git+file:.", "digest": {"gitCommit": "%s"}}\n' "$(commit)"
	for name in $(image_sources); do
		lock_lines "$name" | while read -r _ version suite _ file digest; do
			printf '{"uri": "deb:%s/%s@%s", "name": "%s", "digest": {"sha256": "%s"}}\n' "$suite" "$name" "$version" "$file" "$digest"
		done
	done
}
statement() {
	cat << END
{
	"_type": "https://in-toto.io/Statement/v1",
	"subject": [$(subjects | json_list '		')
	],
	"predicateType": "https://slsa.dev/provenance/v1",
	"predicate": {
		"buildDefinition": {
			"buildType": "urn:assay:build:make:1",
			"externalParameters": {
				"commit": $(json_text "$(commit)"),
				"version": $(json_text "$(version)"),
				"FIRMWARE": $(json_text "${FIRMWARE:-}"),
				"LOCKED": $(json_text "${LOCKED:-}")
			},
			"internalParameters": {"sourceDateEpoch": 1577836800, "slsaBuildLevel": 1},
			"resolvedDependencies": [$(dependencies | json_list '				')
			]
		},
		"runDetails": {
			"builder": {"id": "urn:assay:builder:local"},
			"byproducts": [
				{"name": "build.json", "digest": {"sha256": "$(sum "$B/build.json")"}},
				{"name": "sbom.spdx.json", "digest": {"sha256": "$(sum "$B/sbom.spdx.json")"}}
			]
		}
	}
}
END
}

# Of the DSSE envelope the signature is over: "DSSEv1 LEN TYPE LEN BODY".
sign() { # STATEMENT
	type=application/vnd.in-toto+json
	{
		printf 'DSSEv1 %d %s %d ' ${#type} $type "$(stat -c %s "$1")"
		cat "$1"
	} > "$1.pae"
	openssl pkeyutl -sign -rawin -inkey "$PROVENANCE_KEY" -in "$1.pae" -out "$1.sig"
	openssl pkey -in "$PROVENANCE_KEY" -pubout -outform DER -out "$1.pub"
	printf '{"payloadType": "%s", "payload": "%s", "signatures": [{"keyid": "%s", "sig": "%s"}]}\n' $type "$(base64 -w 0 "$1")" \
		"$(sum "$1.pub")" "$(base64 -w 0 "$1.sig")" > "$B/provenance.dsse.json"
	rm "$1.pae" "$1.sig" "$1.pub"
}

statement > "$B/provenance.json.new"
mv "$B/provenance.json.new" "$B/provenance.json"
rm -f "$B/provenance.dsse.json"
[ -z "${PROVENANCE_KEY:-}" ] || sign "$B/provenance.json"
