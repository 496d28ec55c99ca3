#!/bin/sh
# includes.sh - who may include whom: init -> bench -> lib <- lab. Also what each folder links against, as the link checks say.
set -eu

allowed() { # FOLDER; prints the folders it may include
	case $1 in
	lib) echo lib ;;
	bench) echo bench lib gen ;;
	init) echo init bench lib gen ;;
	lab) echo lab lib gen ;;
	esac
}

wrong=0
for folder in lib bench init lab; do
	pattern=$(echo "$(allowed $folder)" | tr ' ' '|')
	# An include without a folder is a system header in quotes or a file beside: neither is our way, save build/gen/version.h.
	if grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.[ch]' $folder |
		grep -vE "#[[:space:]]*include[[:space:]]*\"((${pattern})/|version\.h\")"; then
		echo "includes: $folder may include only: $(allowed $folder)"
		wrong=1
	fi
done
exit $wrong
