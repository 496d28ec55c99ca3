#!/bin/sh
# help.sh - what the program says of itself: help of every verb and benchmark, however it is asked; and of a slip, what was meant.
. "$(dirname "$0")/lib.sh"

ln -sfn "$here/config" config
verbs=$("$assay" help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
benches=$("$assay" list | cut -d ' ' -f 1)

# An exit code of 0, something on standard output, nothing on standard error.
tells() { "$@" > "told.txt" 2> "errors.txt" && [ -s "told.txt" ] && [ ! -s "errors.txt" ]; }
# VERB: three ways to ask, one answer, and it has the usage, the words and the exit codes.
verb_is_told() {
	tells "$assay" help "$1" && cp "told.txt" "help.txt" &&
		tells "$assay" "$1" --help && cmp -s "told.txt" "help.txt" &&
		tells "$assay" "$1" -h && cmp -s "told.txt" "help.txt" &&
		grep -q "^usage: assay $1" "help.txt" && grep -q '^exit codes: ' "help.txt"
}
bench_is_told() {
	tells "$assay" help "$1" && cp "told.txt" "help.txt" &&
		tells "$assay" run "$1" --help && cmp -s "told.txt" "help.txt" &&
		grep -q '^definition: .' "help.txt" && grep -q '^metrics:' "help.txt"
}
for verb in $verbs; do
	[ "$verb" = complete ] || check "$verb: help, --help and -h" verb_is_told "$verb" # what stands behind complete is another's words
done
check "there are all of them" [ "$(echo "$verbs" | wc -l)" -ge 18 ]
twin "a verb that is not there" verb_is_told dance
for bench in $benches; do
	check "$bench: help, and run $bench --help" bench_is_told "$bench"
done
twin "a benchmark that is not there" bench_is_told net.dance
twin "a verb is no benchmark" bench_is_told boot

says "help alone lists the verbs" 0 '^  boot  *boot a machine in QEMU' "$assay" help
says "so does --help" 0 '^  boot  *boot a machine in QEMU' "$assay" --help
says "no verb at all is wrong usage" 2 '^usage: assay VERB' "$assay"
says "the version" 0 '^assay [0-9a-z]' "$assay" --version
says "the settings" 0 '^  countdown  *10 ' "$assay" help settings
says "a verb's own words, with default and values" 0 '^  accel  *auto ' "$assay" help boot
says "and those of its machine" 0 '^  disk.NAME.cache  *writeback ' "$assay" help boot
says "the keys of a campaign's file" 0 'machine NAME. kind ' "$assay" help campaign

# Of a slip: what was meant, and where to look.
says "a verb" 2 "no verb 'reprot'; did you mean report? .assay help. lists them" "$assay" reprot
says "a verb that is nothing like any" 2 "no verb 'xyzzy'; .assay help. lists them" "$assay" xyzzy
says "a benchmark in a verb's place" 2 'net.tcp is a benchmark: .assay run net.tcp. runs it' "$assay" net.tcp
says "a benchmark" 2 "no benchmark 'file.iozne'; did you mean file.iozone?" "$assay" run file.iozne
says "a benchmark without its folder" 2 "did you mean file.iozone?" "$assay" run iozone
says "help of something near" 2 "did you mean file.bonnie?" "$assay" help file.bonie
says "help of nothing" 2 "no verb, benchmark or topic 'xyzzy'" "$assay" help xyzzy
says "a parameter" 2 'secons: unknown setting; known here: .*; did you mean seconds?' "$assay" run net.tcp target=198.18.0.2 secons=3
says "a setting" 2 'countdwon: unknown setting; .*did you mean countdown?' "$assay" plan quick countdwon=3
says "a word of a verb" 2 "unknown argument 'plam=x'; known: .*; did you mean plan?" "$assay" boot file-virtio plam=x
says "a value of a word of run" 2 'format=xml: not of the form; expected one of text|jsonl' "$assay" run self.null format=xml
says "a value of a word of plan" 2 'probe_seconds=0.1: out of range; expected a time .* from 0.5 to 600' "$assay" plan quick probe_seconds=0.1
# Each word that help tells of a verb is one that it takes.
is_taken() { # VERB NAME
	"$assay" "$1" $(case $1 in run) echo self.null ;; plan) echo quick ;; esac) "$2=" > taken.txt 2>&1 || true
	! grep -q "unknown setting" taken.txt
}
for verb in run plan; do
	words=$("$assay" help --table | awk -F '\t' -v verb=$verb '$1 == "key" && $2 == verb { print $3 }')
	check "$verb: it has words of its own" [ -n "$words" ]
	for word in $words; do check "$verb takes $word" is_taken $verb "$word"; done
	twin "$verb takes any word" is_taken $verb nonsense
done
says "a plan" 2 'config/plans/quikc.ini: No such file or directory; did you mean quick?' "$assay" plan quikc
says "a machine" 1 'config/machines/file-vritio.ini: No such file or directory; did you mean file-virtio?' "$assay" boot file-vritio
says "a campaign" 1 'config/campaigns/page-2001.ini: No such file or directory; did you mean page-2011?' "$assay" campaign page-2001
printf '[file.bonie]\n' > "slip.ini"
says "a section of a plan" 2 'slip.ini:1: .file.bonie.: no such benchmark; did you mean file.bonnie? .assay list. names them' "$assay" plan "slip.ini"

# And otherwise: what to do about it.
says "no run yet" 1 'results/latest: no run there .*; .assay boot. and .assay collect. leave one' "$assay" report
says "no machine: which there are" 2 'one of config/machines: file-ahci, .*metal-ahci' "$assay" boot
says "no campaign: which there are" 2 'one of config/campaigns: .*page-2011' "$assay" campaign
says "no benchmark at all" 2 'a benchmark expected; .assay list. names them' "$assay" run
says "no key" 1 'nokey: No such file or directory; minisign -G -W makes one' "$assay" sign key=nokey
says "nobody listens" 1 'is the partner there. .assay peer. ' "$assay" run net.tcp target=127.0.0.1 port=1 connect_timeout=1
mkdir -p elsewhere
in_elsewhere() { (cd elsewhere && "$@"); }
says "a folder without plans" 2 'No such file or directory; no config/plans here: stand in the clone, or make install' in_elsewhere "$assay" plan quick
says "a folder without machines" 1 'no config/machines here: stand in the clone, or make install' in_elsewhere "$assay" boot file-virtio
finish
