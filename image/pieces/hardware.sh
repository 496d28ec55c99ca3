# Which PCI devices the kernel's drivers know: $OUT/aliases, a line "DRIVER pci:v...d..." each. What is built in has no such list,
# so each of those source files is compiled once more as if for a module, and the kernel's own modpost reads its table.
# pieces: linux kernel

source=$(piece linux)
objects=$(piece kernel)
mkdir tables

table_of() { # RECORD: an object's .cmd
	record=$1
	name=$(echo "$record" | tr / _)
	command=$(sed -n 's/^savedcmd_[^ ]* := //p' "$objects/$record" | sed "s,-Wp\,-MMD\,[^ ]*,,; s, -c -o [^ ]* \([^ ]*\.c\).*, -DMODULE -w -c -o $PWD/tables/$name.o \1,")
	driver=$(echo "$command" | sed -n "s/.*-DKBUILD_MODNAME='\"\([^\"]*\)\"'.*/\1/p")
	(cd "$objects" && eval "$command")
	(
		cd tables
		: > "$name.mod"
		# It complains of all that a module would have to find in the kernel.
		"$objects/scripts/mod/modpost" -w -n "$name.o" 2> /dev/null || true
		sed -n "s/^MODULE_ALIAS(\"\(pci:.*\)\");/$driver \1/p" "$name.mod.c" > "$name.aliases"
	)
}

# The objects made of a file with a table: of it alone, or of one that includes it.
(cd "$source" && grep -rlE 'MODULE_DEVICE_TABLE ?\(pci' --include='*.c' drivers) | sort > files
(cd "$objects" && find drivers -name '.*.o.cmd' -exec grep -Ho "$source/drivers/[^ ]*\.c" {} +) |
	sed "s,:$source/, ," | sort -u | awk 'NR == FNR { wanted[$1]; next } $2 in wanted { print $1 }' files - | sort -u > records
while read -r record; do
	table_of "$record"
done < records
sort -u tables/*.aliases > "$OUT/aliases"
[ "$(wc -l < "$OUT/aliases")" -gt 500 ]
