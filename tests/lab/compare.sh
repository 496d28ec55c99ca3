#!/bin/sh
# compare.sh - made-up runs of machines whose differences are known, and what compare says of them.
. "$(dirname "$0")/lib.sh"
skip_without python3

python3 - <<'END'
import hashlib, json, os, random

def run(folder, number, machine, rates, cpu=50, end=True, status='COMPLETE', driver='virtio_blk', memory=1 << 30, outcome='ok',
        hypervisor='KVMKVMKVM', cache=None, parameters=None, tear=False, noise=None, gate=None, found=None, bounds=None):
    run_id = '20260131-1200%02d-%032x' % (number, number)
    lines = []
    def line(**body):
        body.update(sequenceNumber=len(lines), timestamp='2026-01-31T12:00:00.000Z')
        lines.append(json.dumps(body, separators=(',', ':')))
    def step(**body):
        line(testStepArtifact=dict(testStepId='s1', **body))
    line(schemaVersion=dict(major=2, minor=0))
    platform = 'virtual machine' if hypervisor != 'none' else 'bare metal'
    line(testRunArtifact=dict(testRunStart=dict(name='assay', version='1', commandLine='x', parameters={}, metadata=dict(runId=run_id, plan='p'),
        dutInfo=dict(dutInfoId='d', name='m', platformInfos=[dict(info=platform)], metadata=dict(hypervisor=hypervisor, memoryBytes=memory,
            kernelCommandLine='run=%d' % number, **(dict(tcpRmem=bounds) if bounds else {}), blocks=[dict(name='vda', driver=driver, serial='s%d' % number)])))))
    if gate:
        line(testRunArtifact=dict(log=dict(severity='WARNING', message='noise gate: ' + gate)))
    step(testStepStart=dict(name='file.bonnie'))
    step(extension=dict(name='step', content=dict(bench='file.bonnie', label='', parameters=parameters or dict(size='1073741824', port=str(number)))))
    for name, value in rates.items():
        unit, better = ('%', 'less') if name.endswith('_cpu') else ('/s' if name == 'seeks' else 'KiB/s', 'more')
        step(measurement=dict(name=name, value=value, unit=unit, metadata=dict(better=better, by='median', n=3, min=value, max=value, mean=value, sd=value / 50)))
    if noise:
        step(diagnosis=dict(verdict=noise, type='UNKNOWN', message='12 % of the time was stolen'))
    if found:
        step(diagnosis=dict(verdict='cache below', type='FAIL', message=found))
    step(extension=dict(name='outcome', content=dict(outcome=outcome, seconds=1, reason='' if outcome == 'ok' else 'the disk broke')))
    step(testStepEnd=dict(status='COMPLETE'))
    if cache:
        line(testStepArtifact=dict(testStepId='s2', testStepStart=dict(name='disk.hostcache')))
        line(testStepArtifact=dict(testStepId='s2', diagnosis=dict(verdict='cache below', type=cache, message='512 MiB were kept below')))
        line(testStepArtifact=dict(testStepId='s2', extension=dict(name='outcome', content=dict(outcome='ok', seconds=1, reason=''))))
    if end:
        line(testRunArtifact=dict(testRunEnd=dict(status=status, result='PASS')))
    if tear:
        lines[5] = lines[5].replace('KiB', 'MiB')
    at = '%s/%s' % (folder, run_id)
    os.makedirs(at)
    head, hashes = bytes(32), []
    for number, text in enumerate(lines):
        head = hashlib.sha256(head + (text.replace('MiB', 'KiB') if tear and number == 5 else text).encode()).digest()
        hashes.append(head.hex())
    open(at + '/journal.jsonl', 'w').write(''.join(text + '\n' for text in lines))
    open(at + '/journal.sha256', 'w').write(''.join(text + '\n' for text in hashes))
    json.dump(dict(runId=run_id, machine=machine, accel='tcg', journal=dict(rebuilt=False)), open(at + '/collect.json', 'w'))

draw = random.Random(5)
def figures(write, read, seeks=1000):
    return dict(put_block=write * draw.uniform(.98, 1.02), get_block=read * draw.uniform(.98, 1.02), seeks=seeks * draw.uniform(.98, 1.02), put_block_cpu=50 * draw.uniform(.98, 1.02))
metal = dict(hypervisor='none', driver='ahci')
for boot in range(5):
    run('metal-one', boot, 'metal-one', figures(1e5, 2e5), **metal)
    run('metal-two', boot, 'metal-one', figures(1e5, 2e5), **metal)
    run('file-slow', boot, 'file-slow', figures(4e4, 3e5), cache='FAIL')
    run('lvm-slow', boot, 'lvm-slow', figures(5e4, 2e5), cache='PASS')
    run('other-size', boot, 'metal-one', figures(1e5, 2e5), parameters=dict(size='2147483648', port='1'), **metal)
    run('more-memory', boot, 'metal-one', figures(1e5, 2e5), driver='nvme', memory=1 << 32, hypervisor='none')
for boot in range(4):
    run('mixed', boot, 'metal-one', figures(1e5, 2e5), **metal)
run('mixed', 11, 'metal-one', figures(1, 1), end=False, **metal)
run('mixed', 12, 'metal-one', figures(1, 1), status='ERROR', **metal)
run('mixed', 13, 'metal-one', figures(1, 1), tear=True, **metal)
run('mixed', 14, 'metal-one', figures(1, 1), outcome='error', **metal)
run('mixed', 15, 'metal-one', figures(1, 1), noise='noisy', **metal)
run('mixed', 16, 'metal-one', figures(1, 1), gate='unusable: cpu 0: 40 % stolen', **metal)
run('mixed', 17, 'metal-one', figures(1e5, 2e5), gate='quiet: cpu 0: 0 % stolen', **metal)
run('mixed', 18, 'metal-one', figures(1, 1), outcome='failed', found='no arm moves so fast', **metal)
for boot in range(2):
    run('bounds-one', boot, 'metal-one', figures(1e5, 2e5), bounds='4096\t131072\t1048320', **metal)
    run('bounds-near', boot, 'metal-one', figures(1e5, 2e5), bounds='4096\t131072\t1048160', **metal)
    run('bounds-far', boot, 'metal-one', figures(1e5, 2e5), bounds='4096\t131072\t2097152', **metal)
run('few', 0, 'metal-one', figures(5e4, 2e5), **metal)
END

says "two identical machines are the same" 0 'performs the same as' "$assay" compare metal-one metal-two
says "and do not differ" 0 'the machines do not differ' "$assay" compare metal-one metal-two
says "each metric is judged by itself" 0 'of 4 metrics 4 are the same, 0 better, 0 worse' "$assay" compare metal-one metal-two
says "the same twice, to the letter" 0 . sh -c '"$1" compare metal-one file-slow > once.txt && "$1" compare metal-one file-slow > twice.txt && cmp once.txt twice.txt && echo same' sh "$assay"

"$assay" compare metal-one file-slow format=json > slow.json || true
says "slower by a known factor: worse, and the factor lies in the interval" 0 '^ok' python3 - <<'END'
import json
study = json.load(open('slow.json'))
found = {metric['metric']: metric['against'][1] for metric in study['metrics']}
write, read = found['put_block'], found['get_block']
assert write['verdict'] == 'worse' and write['low'] <= .4 <= write['high'] and .38 < write['value'] < .42 and not write['informative'], write
assert read['verdict'] == 'better' and read['low'] <= 1.5 <= read['high'], read
assert found['seeks']['verdict'] == 'same', found['seeks']
assert write['p'] == 2 / 252 and write['exact']
cell = study['metrics'][0]['subjects'][0]
assert cell['boots'] == 5 and cell['repeats'] == 15 and cell['withinSd'] > 0 and cell['betweenSd'] > 0, cell
assert [fact['fact'] for fact in study['differences']] == ['hypervisor', 'blocks.0.driver', 'platform'], study['differences']
print('ok')
END
says "metal against VM, in a sentence" 0 'file-slow against metal-one: block write 0\.4. times (0\..* to 0\..*), worse' "$assay" compare metal-one file-slow
says "the other way round" 0 'block write 2\.4. times\|block write 2\.5. times' "$assay" compare file-slow metal-one
says "where the VM is faster, and that a cache explains it" 0 'A cache below file-slow explains the 1 that reads (disk.hostcache: 512 MiB' "$assay" compare metal-one file-slow
says "file against LVM" 0 'lvm-slow against file-slow: block write 1\.2' "$assay" compare file-slow lvm-slow
says "processor time for the same amount" 0 'block write: file-slow takes .* % of a CPU, metal-one .*; for the same amount 2\..* times the processor time' "$assay" compare metal-one file-slow
says "nowhere faster" 0 'Nowhere is lvm-slow faster than metal-one' "$assay" compare metal-one lvm-slow
says "more than the intended factor differs" 0 'WARNING  more than the intended factor (disk) differs: memory' "$assay" compare metal-one more-memory factor=disk
says "only the intended ones differ" 0 '\* blocks.0.driver' "$assay" compare metal-one more-memory factor=disk,memory
"$assay" compare metal-one more-memory factor=disk,memory | grep -q WARNING && not_ok "no warning then" || ok "no warning then"
says "an intended factor that does not differ" 0 'WARNING  the intended factor (nic) does not differ' "$assay" compare metal-one metal-two factor=nic
says "other parameters are not compared" 0 'not comparable: other parameters: size=1073741824 against 2147483648' "$assay" compare metal-one other-size

"$assay" compare metal-one mixed > mixed.txt
for reason in 'interrupted: it has no end' 'failed: it ended with an error' 'invalid: record 5' 'step file.bonnie: error: the disk broke' 'noisy: 12 %' 'unusable: cpu 0: 40 %' 'step file.bonnie: failed: no arm moves so fast'; do
	says "left out and named: $reason" 0 "left out: .*$reason" cat mixed.txt
done
says "the others are the same still" 0 'of 4 metrics 4 are the same' cat mixed.txt
says "what the gate calls quiet stays" 0 'B  mixed: 7 boots' cat mixed.txt
says "noisy=keep" 0 'B  mixed: 9 boots' "$assay" compare metal-one mixed noisy=keep
says "a bound that the kernel reckons, a page apart, is no difference" 0 'the machines do not differ' "$assay" compare bounds-one bounds-near
says "twice that bound is one" 0 'network .* tcpRmem .*2097152' "$assay" compare bounds-one bounds-far
says "one boot is informative only [M10]" 0 'of 4 metrics 0 are the same, 0 better, 0 worse, 4 cannot be told' "$assay" compare metal-one few
says "and says so [M10]" 0 '4 of them are informative only: a claim needs 3 repeats and 2 boots' "$assay" compare metal-one few
cat > iperf.txt <<'END'
Client connecting to 10.0.0.1, TCP port 5001
[  5] local 10.0.0.2 port 33966 connected with 10.0.0.1 port 5001
[  5]  0.0-10.0 sec  1.09 GBytes   939 Mbits/sec
END
printf 'old,1g,50000,99,100000,50,,,,,200000,40,1000,9,16,,,,,,,,,,,,\\n' > bonnie.csv
says "what a stock tool wrote beside a run" 0 'A  bonnie.csv: bonnie++ CSV' "$assay" compare bonnie.csv metal-one
says "and its figures, informative only" 0 'file.bonnie put_block .*informative only' "$assay" compare bonnie.csv metal-one
says "an old result's TCP rate" 0 'net.tcp outgoing .* 939.0' "$assay" compare iperf.txt
says "the page of 2011" 0 'net.tcp started here outgoing .* 939.0' "$assay" compare "$here/config/data/page-2011-physical.csv"
says "a file of no tool" 1 'neither a run, nor what iperf' "$assay" compare metal-one "$here/LICENSE"
says "three machines" 0 'lvm-slow against metal-one' "$assay" compare metal-one file-slow lvm-slow

mkdir -p none/empty
says "one machine by itself: how repeatable it is" 0 'file.bonnie put_block .* KiB/s .*/' "$assay" compare metal-one
says "nothing to compare" 2 'one or more expected' "$assay" compare
says "no such run" 1 'nothing: no such run, folder or file' "$assay" compare metal-one nothing
says "a folder without runs" 1 'no run in this folder' "$assay" compare metal-one none
says "a share that is none" 2 'floor=no: a share expected' "$assay" compare metal-one metal-two floor=no
mkdir cut && cp -r mixed/*120011-* cut/
says "no run is left" 77 'no run is left to compare' "$assay" compare metal-one cut
finish
