#!/bin/sh
# man.sh TABLE TEMPLATE - a manual page (mdoc) from docs/man/*.in: each line .\" put WHAT [OWNER] becomes what the program's own table says of it
# (`assay help --table`: KIND OWNER NAME DEFAULT EXPECTED HELP, between tabs).
set -eu
export LC_ALL=C

exec awk -F '\t' -v table="$1" '
# A sentence begins on a line of its own.
function text(s) {
	gsub(/\\/, "\\\\e", s)
	while (match(s, /[a-z0-9)=][.?] +[A-Z]/)) s = substr(s, 1, RSTART + 1) "\n" substr(s, RSTART + RLENGTH - 1)
	if (s ~ /^[.\047]/) s = "\\&" s
	return s
}
function sentence(s) { # words of the program and names of tools stay as they are written
	if (s !~ /^[a-z0-9_-]*:/ && s !~ /^iperf/) s = toupper(substr(s, 1, 1)) substr(s, 2)
	if (s !~ /[.:]$/) s = s "."
	return text(s)
}
# A macro splits its line at blanks and knows its own kind by two letters.
function word(s) { gsub(/\\/, "\\\\e", s); gsub(/"/, "\\(dq", s); return "\"" s "\"" }
function list_begin() { if (!listed) print ".Bl -tag -width Ds"; listed = 1 }
function list_end() { if (listed) print ".El"; listed = 0 }
function item(name, i) {
	list_begin()
	print ".It Cm " name " Ns ="
	if (help[i] != "") print sentence(help[i])
	print text("Value: " expected[i] (dflt[i] != "" ? "; default " dflt[i] : "") ".")
}
function verbs(    i, j, v) {
	for (i = 1; i <= rows; i++) {
		if (kind[i] != "verb") continue
		v = owner[i]
		print ".Ss assay " v
		print ".Dl assay " text(name[i])
		print ".Pp"
		print sentence(help[i])
		for (j = 1; j <= rows; j++) {
			if (owner[j] != v) continue
			if (kind[j] == "notes") { list_end(); print text(help[j]) }
			if (kind[j] == "option") { list_begin(); print ".It Cm " word(name[j]) (expected[j] != "" ? " Ar " word(expected[j]) : ""); print sentence(help[j]) }
			if (kind[j] == "key") item(name[j], j)
		}
		list_end()
		examples(v)
	}
}
function examples(v,    j, some) {
	for (j = 1; j <= rows; j++) if (kind[j] == "example" && owner[j] == v) {
		if (!some++) print ".Pp\nFor example:\n.Bd -literal -offset indent"
		print text(name[j])
	}
	if (some) print ".Ed"
}
function keys_of(which, from,    j) { for (j = 1; j <= rows; j++) if (kind[j] == which && (from == "" || owner[j] == from)) item(name[j], j); list_end() }
# "[disk NAME] size": a part for each section of the file.
function file_of(verb,    j, part, last) {
	for (j = 1; j <= rows; j++) if (kind[j] == "file" && owner[j] == verb) {
		part = name[j]
		sub(/\] .*/, "]", part)
		if (part != last) { list_end(); print ".Ss " part }
		last = part
		item(substr(name[j], length(part) + 2), j)
	}
	list_end()
}
function benchmarks(brief,    i, j, some) {
	if (brief) print ".Bl -tag -width file.iozone_throughput"
	for (i = 1; i <= rows; i++) {
		if (kind[i] != "bench") continue
		if (brief) { print ".It Cm " owner[i] "\n" sentence(help[i]); continue }
		print ".Ss [" owner[i] "]\n" sentence(help[i])
		if (name[i] != "") print text("As a command it needs " name[i] ".")
		print text("Its numbers are defined by " expected[i] ".")
		keys_of("param", owner[i])
		print ".Pp\nMetrics:\n.Bl -tag -width Ds -compact"
		for (j = 1; j <= rows; j++) if (kind[j] == "metric" && owner[j] == owner[i]) {
			print ".It Va " name[j]
			print text((dflt[j] != "" ? dflt[j] : "1") (help[j] != "" ? ": " help[j] : "") (expected[j] != "" ? "; " expected[j] : "") ".")
		}
		print ".El"
	}
	if (brief) print ".El"
}
BEGIN {
	while ((getline < table) > 0) { rows++; kind[rows] = $1; owner[rows] = $2; name[rows] = $3; dflt[rows] = $4; expected[rows] = $5; help[rows] = $6 }
	if (!rows) { print "man.sh: " table ": no rows" > "/dev/stderr"; failed = 1; exit 1 }
	FS = " "
}
/^\.\\" put / {
	split($0, put, " ")
	if (put[3] == "verbs") verbs()
	else if (put[3] == "list") benchmarks(1)
	else if (put[3] == "benchmarks") benchmarks(0)
	else if (put[3] == "file") file_of(put[4])
	else if (put[3] == "setting" || put[3] == "link" || put[3] == "ground") keys_of(put[3], "")
	else { print "man.sh: put " put[3] ": not known" > "/dev/stderr"; failed = 1; exit 1 }
	next
}
{ print }
END { exit failed }
' "$2"
