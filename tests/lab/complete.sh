#!/bin/sh
# complete.sh - bash completes: the script of docs/shell is read by a real bash, called as Readline calls it, and, in a terminal of its own, by
# the Tab key; zsh the same, where it is installed. What is offered comes from the program, so it is compared with what the program takes.
. "$(dirname "$0")/lib.sh"
need bash python3

mkdir -p results/20260131-120000-aa results/empty folder
touch results/20260131-120000-aa/journal.jsonl mine.ini
ln -sfn 20260131-120000-aa results/latest
ln -sfn "$here/config" config
ln -sfn "$assay" assay

# offered LINE: what bash would put in the place of the last word, a line each, sorted.
offered() {
	bash --norc --noprofile -c '. "$1"; COMP_LINE=$2 COMP_POINT=${#2}; read -ra COMP_WORDS <<< "$2"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_assay && printf "%s\n" "${COMPREPLY[@]}"' bash "$here/docs/shell/assay.bash" "$1" | sort
}
is_offered() { [ "$(offered "$1" | tr '\n' ' ')" = "$2 " ]; }      # LINE ALL: these and no others
has() { offered "$1" | grep -qxF -- "$2"; }                        # LINE ONE: this among others

check "a verb" is_offered './assay rep' report
check "two verbs" is_offered './assay co' "$(printf '%s\n' campaign collect compare complete | grep ^co | tr '\n' ' ' | sed 's/ $//')"
twin "a verb that is none" is_offered './assay dan' dance
verbs=$("$assay" help | sed -n 's/^  \([a-z-]*\) .*/\1/p' | sort | tr '\n' ' ')
check "all verbs" is_offered './assay ' "${verbs% }"
for verb in $verbs; do
	"$assay" help --table | awk -F '\t' -v verb="$verb" '$1 == "key" && $2 == verb && $3 !~ /\./ { print $3 "=" }' > keys.txt
	offered "./assay $verb " > found.txt
	all_there() { while read -r key; do grep -qxF "$key" "$1" || return 1; done < keys.txt; }
	check "$verb: its words" all_there found.txt
	[ -s keys.txt ] && twin "$verb: all but one of them" sh -c 'sed 1d keys.txt > less.txt; cmp -s keys.txt less.txt'
done
check "a machine" has './assay boot file-v' file-virtio
check "a key of the verb" is_offered './assay boot file-virtio acc' accel=
check "its values" is_offered './assay boot file-virtio accel=' "auto kvm tcg"
check "one of them" is_offered './assay boot file-virtio accel=t' tcg
check "a plan" is_offered './assay boot file-virtio plan=qui' quick
check "a machine's disks, by its own file" has './assay boot metal-six-disks disk.' disk.scratch.
check "and their keys" has './assay boot file-virtio disk.scratch.c' disk.scratch.cache=
check "and their values" has './assay boot file-virtio disk.scratch.cache=w' writethrough
twin "a disk that it has not" has './assay boot file-virtio disk.' disk.nowhere.
check "a word that was given is not offered again" [ -z "$(offered './assay boot file-virtio accel=tcg acc')" ]
twin "one that was not" [ -z "$(offered './assay boot file-virtio plan=quick acc')" ]
check "a benchmark" is_offered './assay run file.io' "file.iozone file.iozone_throughput"
check "a benchmark's parameter" is_offered './assay run file.iozone max_f' max_file=
check "and its values" has './assay run file.iozone mode=' bounded
check "a word of run itself, its values" is_offered './assay run file.iozone format=' "jsonl text"
check "a plan by its word" is_offered './assay plan plan=qui' quick
check "a folder of peer" is_offered './assay peer results=fol' folder
check "a parameter of the disk beneath" has './assay run disk.latency write_cache=' off
check "a plan's setting" is_offered './assay plan quick after=' "halt poweroff reboot shell"
check "a benchmark's keys in a plan" is_offered './assay plan quick net.tcp.sec' net.tcp.seconds=
check "first their beginning" has './assay plan quick net.' net.tcp.
check "a run" has './assay report 2026' 20260131-120000-aa
twin "a folder that is no run, as a run" sh -c '"$1" complete report "" | grep -qx empty' sh "$assay"
check "a file" has './assay collect console=mi' mine.ini
check "a folder" is_offered './assay run file.iozone target=fol' folder
check "a campaign" is_offered './assay campaign page-2011-' page-2011-small
check "an option" is_offered './assay verify -q' -q
check "help of a benchmark or verb" is_offered './assay help pla' plan
check "in the middle of a line only what stands before the cursor counts" [ "$(bash --norc -c '. "$1"; COMP_LINE="./assay boo xyz" COMP_POINT=11; _assay; echo "${COMPREPLY[@]}"' bash "$here/docs/shell/assay.bash")" = boot ]

# SHELL SETUP LINE: the line that stands in a shell's terminal after the Tab key.
typed() {
	python3 - "$@" <<'PYTHON'
import os, pty, select, sys, time
shell, setup, line = sys.argv[1:4]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM='dumb', PS1='ready> ', LC_ALL='C')
    os.execvp(shell, [shell, '--norc', '--noprofile', '-i'] if shell == 'bash' else [shell, '-f', '-i'])
seen = b''
def until(what, seconds=60):
    global seen
    end = time.monotonic() + seconds
    while what not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 4096)
            except OSError:
                return
os.write(fd, b"bind 'set enable-bracketed-paste off' 2> /dev/null; PS1='ready> '\n" if shell == 'bash' else b"unsetopt zle_bracketed_paste; PS1='ready> '\n")
os.write(fd, setup.encode() + b"; echo set''tled\n")
until(b'settled\r\n')
until(b'ready> ')
os.write(fd, b'echo ' * 0 + line.encode() + b'\t')
until(line.encode())
time.sleep(0.5)
os.write(fd, b'\x01echo MARK \x05\n')  # to the front, as words to be printed
until(b'MARK ' + line.split()[0].encode(), 20)
until(b'\r\nMARK ', 20)
time.sleep(0.3)
until(b'never', 1)
os.close(fd)
for row in seen.decode(errors='replace').replace('\r', '').split('\n'):
    if row.startswith('MARK '):
        print(row[5:].rstrip())
PYTHON
}
becomes() { [ "$(typed "$1" "$2" "$3" | tail -n 1)" = "$4" ]; }
bash_setup=". $here/docs/shell/assay.bash"
check "in a terminal: Tab completes a verb" becomes bash "$bash_setup" './assay camp' './assay campaign'
check "in a terminal: Tab completes a value behind its sign" becomes bash "$bash_setup" './assay boot file-virtio plan=qui' './assay boot file-virtio plan=quick'
twin "in a terminal: without the script" becomes bash : './assay camp' './assay campaign'
if installed zsh; then
	zsh_setup="fpath=($here/docs/shell \$fpath); autoload -Uz compinit; compinit -u -D"
	check "zsh: Tab completes a verb" becomes zsh "$zsh_setup" './assay camp' './assay campaign'
	check "zsh: a value" becomes zsh "$zsh_setup" './assay boot file-virtio plan=qui' './assay boot file-virtio plan=quick'
	twin "zsh: without the script" becomes zsh : './assay camp' './assay campaign'
else
	echo "# zsh is not installed: its script was not run"
fi
finish
