#!/bin/sh
# validity.sh - what makes a step worthless is seen and marked; a machine that is not quiet is known before it is measured.
. "$(dirname "$0")/qemu.sh"
skip_without python3

plan="assay.plan=selftest-validity"
monitor() { # NAME: a monitor for boot NAME
	echo "-qmp unix:$1.sock,server=on,wait=off"
}
# during NAME STEP...: in the middle of the last step, which takes ten seconds; what goes between its line and its start is over by then
during() {
	name=$1
	shift
	python3 "$qmp" "$name.sock" "$name/console" 'await 7/7 self.disturb .*\.\.\.' 'sleep 3' "$@" > "$name.qmp" 2>&1 &
}
link() { # on|off
	echo "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"n\",\"up\":$1}}"
}
hmp() { # what QMP has no words for
	echo "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"$1\"}}"
}
brief="assay.plan=survey assay.self.noise.seconds=0.1 assay.self.null.seconds=0.1"

# shellcheck disable=SC2046
boot plain 120 "$plan" $(nic) &
one=$!
# The NIC is up only where somebody wants a network: nobody is at that address.
# The second CPU notes an error that it has corrected; the kernel would ask for it within five minutes.
during net "$(link false)" 'sleep 0.5' "$(link true)" "$(hmp 'mce 1 4 0x9000000000000136 0 0 0')"
# shellcheck disable=SC2046
boot net 120 "$plan assay.results=http://198.18.0.2:9/ assay.results_timeout=0" $(nic) $(monitor net) &
wait $one $!
# A PCIe request gets no answer in time. An empty port would sleep and hear of nothing. Of corrected errors this emulator tells nobody.
during clock '{"execute":"stop"}' 'sleep 6' '{"execute":"cont"}' "$(hmp 'pcie_aer_inject_error root COMP_TIME')"
# shellcheck disable=SC2046
boot clock 120 "$plan" $(monitor clock) -machine q35 -device pcie-root-port,id=root -device virtio-scsi-pci,bus=root &
one=$!
"$assay" format-results file=lines.raw size=16M > /dev/null
# shellcheck disable=SC2046
boot lines 120 "assay.plan=selftest-lines" $(disk lines.raw r) &
wait $one $!

# Another program on the same processor: half of its time is not the guest's.
loaded() { # NAME WORDS
	sh -c 'while :; do :; done' &
	loop=$!
	taskset -p -c 0 $loop > /dev/null
	(taskset -p -c 0 "$(sh -c 'echo $PPID')" > /dev/null && boot "$1" 240 "$2" -smp 1)
	kill $loop
	wait $loop 2> /dev/null || true
}
loaded stop "$brief assay.gate=stop"
loaded record "$brief"

invalid() { # RUN STEP KIND
	outcome "$1" "$2" invalid && has_record "$1" "\"testStepId\":\"$2\",\"diagnosis\":{\"verdict\":\"invalid-$3\",\"type\":\"FAIL\""
}
state() { # RUN WORD: in its last words and in its records
	has_line "$1" "^assay: state=$2" && has_record "$1" "\"message\":\"state: $2"
}
check "the steps on a sound machine are sound [M13]" outcome plain s1 ok
check "and so is the last one [M13]" outcome plain s7 ok
check "a kernel warning makes a step invalid [M13]" invalid plain s2 kernel-message
check "its words are in the reason [M13]" has_record plain '"testStepId":"s2".*"outcome":"invalid".*a warning, as asked'
check "an expected one does not [M13]" outcome plain s3 ok
check "nor does information [M13]" outcome plain s4 ok
check "which is kept with the step [M13]" has_record plain '"testStepId":"s4".*kernel: assay: information, as asked'
check "a process ended for want of memory does [M13]" invalid plain s5 out-of-memory
check "another clock source does [M13]" invalid plain s6 clock-source
twin "and for no other reason" invalid plain s6 link-change
check "figures of an invalid step are kept [E4]" has_record plain '"testStepId":"s6","measurement":{"name":"wake"'
check "the run is invalid, not failed [E4]" state plain invalid
twin "not passed" state plain passed
check "and counts as no pass [E4]" ended plain COMPLETE FAIL
check "a link that went and came [M13]" invalid net s7 link-change
twin "otherwise there is none" invalid plain s7 link-change
check "a machine that was stopped: our clock against the RTC [M13]" invalid clock s7 clock
twin "otherwise they agree" invalid net s7 clock
check "a machine check, corrected by the processor, before the kernel knows of it [M13]" invalid net s7 machine-check
twin "otherwise there is none" invalid clock s7 machine-check
check "a PCIe error (AER) [M13]" invalid clock s7 pcie-error
check "by its counter [M13]" has_record clock '"testStepId":"s7","diagnosis":{.*uncorrected PCIe errors (AER)'
twin "otherwise there is none" invalid net s7 pcie-error
check "both channels agree, and it verifies" collected plain

check "a loaded machine is not measured with gate=stop [M12]" ended stop ERROR NOT_APPLICABLE
check "and says why [M12]" has_record stop '"symptom":"noise-gate","message":"the noise gate: unusable: cpu 0: .* % stolen'
twin "no step of it ran" outcome stop s1 ok
check "that is aborted [E4]" state stop aborted
check "without it is measured, and marked [M12]" has_record record '"WARNING","message":"noise gate: unusable: cpu 0: '
twin "not as quiet" has_record record 'noise gate: quiet'
check "and measured [M12]" outcome record s1 ok

# ---- a kernel that prints while records go out; a wall clock that is set while a step runs
whole() { # RUN: no line of the kernel's within a record's
	! tr -d '\r' < "$1/console" | grep -q '^@assay .*\[ *[0-9]*\.[0-9]\{6\}\] hrtimer: '
}
mended() { collected "$1" lines.raw && grep -q 'the kernel printed into record 5;' "$1/collect"; }
check "lines: to its end" ended lines COMPLETE PASS
check "lines: none of the kernel's is within a record [E3]" whole lines
check "lines: but they are told, each whole" has_line lines '^\[ *[0-9]*\.[0-9]*\] hrtimer: interrupt took 12345 ns$'
check "lines: both channels agree [E3]" collected lines lines.raw
mkdir broken
sed '0,/^@assay 5 /s/^@assay 5 .\{100\}/&[    3.141592] hrtimer: interrupt took 12345 ns\n/' lines/console > broken/console
twin "lines: one with such a line within [E3]" whole broken
check "lines: out of which it is taken [E3]" mended broken
sed '0,/^@assay 5 .*hrtimer/s/^@assay 5 /&1/' broken/console > broken/console.turned
mkdir turned && mv broken/console.turned turned/console
twin "lines: not out of one that is damaged, too [E3]" mended turned

stamp() { # RUN STEP KIND: of that record
	sed -n "s/.*\"testStepId\":\"$2\",\"$3\".*\"timestamp\":\"\([^\"]*\)\".*/\1/p" "$1/records" | head -n 1
}
runs_backwards() { # RUN STEP: its last stamp is before its first
	first=$(stamp "$1" "$2" testStepStart) last=$(stamp "$1" "$2" testStepEnd)
	[ -n "$last" ] && [ "$first" != "$last" ] && [ "$(printf '%s\n' "$first" "$last" | sort | head -n 1)" = "$last" ]
}
took() { # RUN STEP LEAST: so many seconds or more, and not an hour
	sed -n "s/.*\"testStepId\":\"$2\".*\"outcome\":\"ok\",\"seconds\":\([0-9.]*\).*/\1/p" "$1/records" | awk -v least="$3" '{ fits = $1 >= least && $1 < 1800 } END { exit !fits }'
}
check "the wall clock was set back while a step ran [M15]" has_record lines '"testStepId":"s5".*the wall clock was set by -3\(600\|599\)\.'
twin "not while another did [M15]" has_record lines '"testStepId":"s[^5]".*the wall clock was set'
check "labels follow it [M15]" runs_backwards lines s5
twin "as they do nowhere else [M15]" runs_backwards lines s4
check "its duration does not [M15]" took lines s5 1
twin "nor is one an hour long [M15]" took lines s5 1800
check "and it verifies [M15]" grep -q '^M15 *pass' lines/verify

# ---- quiet
check "the last CPU measures, the first keeps house" has_record plain '"quiet":{"housekeepingCpus":"0","measuringCpu":1,"tickKeptOff":true,"managedInterruptsKeptOff":true,"unboundWorkKeptOff":true,'
twin "with one CPU there is no such thing" has_record record '"measuringCpu":1'
check "no interrupt is left there that could be moved" has_record plain '"interruptsNotMoved":0'
check "what times single events runs there" has_record record '"bench":"self.null".*"cpus":"0"'
check "all else keeps every CPU" has_record plain '"bench":"self.disturb".*"cpus":"0-1"'
finish
