#!/bin/sh
# table.sh bench|verb FILE... - the C table of what these files define. Path, name and symbol are one:
# bench/net/tcp.c defines bench_net_tcp, lab/format_results.c defines verb_format_results.
set -eu

kind=$1
shift
case $kind in
bench) header=bench/bench.h table=bench_table symbols=$(printf '%s\n' "$@" | sed 's/\.c$//; s,/,_,g') ;;
verb) header=lib/lib.h table=lab_verbs symbols=$(printf '%s\n' "$@" | sed '/^$/d; s/\.c$//; s,^.*/,verb_,') ;;
esac

echo "#include <stddef.h>"
echo "#include \"$header\""
echo
for symbol in $symbols; do
	echo "extern const struct $kind $symbol;"
done
echo "const struct $kind *const ${table}[] = {"
for symbol in $symbols; do
	echo "	&$symbol,"
done
echo "	NULL"
echo "};"
