#!/bin/sh
# campaign.sh - the order of boots, stopping and going on, machines that cannot be run here, and compare's answers at the end; each boot is
# made up by a starter of ours, so that nothing depends on an emulator or its speed.
. "$(dirname "$0")/lib.sh"
skip_without python3 setsid

cat > starter <<'END'
#!/usr/bin/env python3
import hashlib, json, os, sys, time, random
words = dict(word.split('=', 1) for word in sys.argv[3:] if '=' in word)
machine = sys.argv[2]
open('calls.txt', 'a').write(machine + ' ' + words['plan'] + '\n')
calls = open('calls.txt').read().count('\n')
if os.path.exists('slow'):
    print('  1/1 file.bonnie                  ... (about 60 s left in all)', flush=True)
    open('started', 'w').write('x')
    time.sleep(60)
if machine == 'broken':
    print('assay boot: QEMU failed: no such board')
    sys.exit(1)
draw = random.Random(calls)
rate = {'metal-one': 1e5, 'file-half': 5e4, 'metal-twin': 1e5}.get(machine, 1) * draw.uniform(.985, 1.015)
run_id = '20260131-12%02d00-%032x' % (calls, calls)
lines, hashes, head = [], [], bytes(32)
def line(**body):
    body.update(sequenceNumber=len(lines), timestamp='2026-01-31T12:00:00.000Z')
    lines.append(json.dumps(body))
def step(**body):
    line(testStepArtifact=dict(testStepId='s1', **body))
line(schemaVersion=dict(major=2, minor=0))
line(testRunArtifact=dict(testRunStart=dict(name='assay', version='1', commandLine='x', parameters={}, metadata=dict(runId=run_id, plan=words['plan']),
    dutInfo=dict(dutInfoId='d', name='m', metadata=dict(hypervisor='none' if machine.startswith('metal') else 'KVM')))))
step(testStepStart=dict(name='file.bonnie'))
step(extension=dict(name='step', content=dict(bench='file.bonnie', label='', parameters=dict(size='1g'))))
step(measurement=dict(name='put_block', value=rate, unit='KiB/s', metadata=dict(better='more', n=1)))
step(extension=dict(name='outcome', content=dict(outcome='ok', seconds=1, reason='')))
line(testRunArtifact=dict(testRunEnd=dict(status='COMPLETE', result='PASS')))
at = words['results'] + '/' + run_id
os.makedirs(at)
for text in lines:
    head = hashlib.sha256(head + text.encode()).digest()
    hashes.append(head.hex())
open(at + '/journal.jsonl', 'w').write(''.join(text + '\n' for text in lines))
open(at + '/journal.sha256', 'w').write(''.join(text + '\n' for text in hashes))
json.dump(dict(runId=run_id, machine=machine, journal=dict(rebuilt=False)), open(at + '/collect.json', 'w'))
print('results  ' + at)
END
chmod +x starter
mkdir -p config/machines
for machine in metal-one metal-twin file-half; do
	printf '[machine]\ncpus = 1\n' > config/machines/$machine.ini
done
printf '[machine]\n[disk scratch]\nkind = scratch\nserial = s\nfile = /dev/assay-nowhere/scratch\n' > config/machines/lvm-none.ini
cat > mine.ini <<'END'
[campaign]
plan = p
boots = 4
seed = 3
[machine metal-one]
[machine file-half]
[machine metal-twin]
[machine lvm-none]
[machine far]
kind = real
[compare half]
machines = metal-one,file-half
[compare twin]
machines = metal-one,metal-twin
END
campaign() { "$assay" campaign "$@" folder=c starter=./starter; }

says "stopped after so many boots" 1 'stopped with 5 of 16 boots done; the same command goes on' campaign mine.ini boots=5
check "five were booted" test "$(wc -l < calls.txt)" = 5
touch slow
setsid "$assay" campaign mine.ini folder=c starter=./starter > cut.txt 2>&1 &
pid=$!
for _ in $(seq 300); do [ -e started ] && break; sleep 0.1; done
says "two campaigns in one folder" 1 'in use by another campaign' campaign mine.ini
kill -9 "$pid"
wait "$pid" 2> /dev/null || true
rm slow
says "cut short: done again and named" 0 'boot [0-9]* (.*) was cut short and is done again' campaign mine.ini
cp said.txt whole.txt
says "a machine that cannot be run here" 0 'machine lvm-none cannot be run here: .*/dev/assay-nowhere/scratch' cat whole.txt
says "and the others go on" 0 '12 of 16 boots done' cat whole.txt
says "a real machine is waited for" 0 'waits    machine far: boot it with assay.plan=p; then assay collect' cat whole.txt
says "half as fast, with the interval" 0 'file-half against metal-one: block write 0\.[45][0-9] times (0\.[45][0-9] to 0\.5[0-9]), worse' cat whole.txt
says "the twin is the same" 0 'metal-twin against metal-one: of 1 metrics 1 are the same' cat whole.txt
says "the sentences stay in the folder" 0 '"question":"overall"' cat c/compare-twin.json
check "thirteen boots in all: one was cut" test "$(wc -l < calls.txt)" = 13
check "four of each machine" test "$(find c/machines -name journal.jsonl | sed 's,/[^/]*/journal.jsonl,,' | sort | uniq -c | sort -u | awk '{ print $1 }' | sort -u)" = 4
says "A B B A" 0 '^ok' python3 - <<'END'
done = [line.split()[0] for line in open('calls.txt')]
del done[5] # the one that was cut
for start in (0, 6):
    assert done[start:start + 3] == done[start + 3:start + 6][::-1], done
print('ok')
END
says "once more: nothing is left to do" 0 '12 of 16 boots done' campaign mine.ini
check "nothing was booted for it" test "$(wc -l < calls.txt)" = 13
mkdir -p c/machines/far && cp -r c/machines/file-half/* c/machines/far/
says "a real machine's runs are brought" 0 '12 of 16' campaign mine.ini
grep -q '^waits' said.txt && not_ok "and no longer waited for" || ok "and no longer waited for"

says "a changed campaign does not go on in the old folder" 1 'another campaign' sh -c 'echo "# more" >> mine.ini; exec "$1" campaign mine.ini folder=c starter=./starter' sh "$assay"
printf '[campaign]\nboots = 1\n[machine broken]\n' > broken.ini
printf '[machine]\ncpus = 1\n' > config/machines/broken.ini
says "a machine that leaves no run is tried twice and named" 1 'failed   boot 1, broken: QEMU failed: no such board' "$assay" campaign broken.ini folder=b starter=./starter
check "twice" test "$(grep -c '^broken' calls.txt)" = 2
# The live table, as a terminal of 60 by 6 shows it: what was written is played back on one made of arrays.
cat > live-starter <<'END'
#!/usr/bin/env python3
import sys, time
for step in (1, 2):
    print('  %d/2 file.bonnie a-step-with-a-name-that-is-far-too-long-for-a-window-of-60   ... (about %d s left in all)' % (step, 9 - step), flush=True)
    time.sleep(1.6)
sys.exit(1)
END
chmod +x live-starter
cat > screen.py <<'END'
import fcntl, os, pty, re, struct, sys, termios
def show(data, columns, rows, wraps=True):
    screen, row, column = [''], 0, 0
    def down(row):
        if row + 1 == len(screen):
            screen.append('')
        return row + 1
    for part in re.findall('\x1b\\[\\??\\d*[a-zA-Z]|[\\s\\S]', data):
        if part.startswith('\x1b[?7'):
            wraps = part.endswith('h')
        elif part.endswith('A') and part.startswith('\x1b['):
            row = max(len(screen) - rows, row - int(part[2:-1] or 1), 0)
        elif part.endswith('J') and part.startswith('\x1b['):
            screen[row:] = [screen[row][:column]]
        elif part == '\r':
            column = 0
        elif part == '\n':
            row = down(row)
        else:
            if column == columns and wraps:
                row, column = down(row), 0
            column = min(column, columns - 1)
            screen[row] = screen[row].ljust(column)[:column] + part + screen[row][column + 1:]
            column += 1
    return '\n'.join(screen)
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 6, 60, 0, 0))
data = b''
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    data += chunk
os.waitpid(pid, 0)
text = data.decode()
drawn = text.split('\x1b[?7l')
full = '\x1b[?7l'.join(drawn[:-1]) + '\x1b[?7l' + drawn[-1].split('\x1b[?7h')[0]
print('tables drawn: %d' % (len(drawn) - 1))
print(show(text, 60, 6))
print('---- at its fullest')
print(show(full, 60, 6))
print('---- on one that wraps')
print(show(re.sub('\x1b\\[\\?7[lh]', '', full), 60, 6))
END
printf '[campaign]\nboots = 1\n[machine metal-one]\n[machine lvm-none]\n[machine file-half]\n' > live.ini
python3 screen.py "$assay" campaign live.ini folder=l starter=./live-starter > live.txt 2>&1 || true
count() { # PART PATTERN: lines of what the terminal showed
	awk -v part="$1" '/^---- /{ on = ($0 == "---- " part); next } part == "at the end" && !begun { on = 1; begun = 1 } on' live.txt | grep -c -e "$2"
}
check "a terminal: the table is drawn again and again" test "$(sed -n 's/^tables drawn: //p' live.txt)" -ge 4
check "a terminal: at any time there is one" test "$(count 'at its fullest' '^boot [0-9] of 3: [a-z-]*, since')" = 1
check "a terminal: with the step of the machine that runs" test "$(count 'at its fullest' '2/2 file.bonnie')" = 1
check "a terminal: a line that is too long stays one" test "$(count 'at its fullest' '^  lvm-none  *cannot be run here: ')" = 1
twin "a terminal: where lines wrap nothing is left over" test "$(count 'on one that wraps' '^boot [0-9] of 3: [a-z-]*, since')" = 1
check "a terminal: what stays is what happened" test "$(count 'at the end' '^boot [0-9] of 3: [a-z-]*: failed')" -ge 2
check "a terminal: and no table" test "$(count 'at the end' ', since')" = 0

says "a wrong file" 2 'wrong.ini:1: ' sh -c 'echo "[nothing]" > wrong.ini; exec "$1" campaign wrong.ini' sh "$assay"
says "no such campaign" 1 'config/campaigns/nothing.ini: No such file' "$assay" campaign nothing
finish
