#!/bin/sh
# broken-steps.sh - benchmarks that trap, hang, fail and exit are outcomes; the steps after them run all the same.
. "$(dirname "$0")/qemu.sh"

boot run 180 "assay.plan=selftest"

check "the run ends, and fails" ended run COMPLETE FAIL
twin "and does not pass" ended run COMPLETE PASS
check "a trap is a crash [E4]" outcome run s2 crashed
twin "and nothing else" outcome run s2 ok
check "its samples survive" has_record run '"testStepId":"s2","measurement":{"name":"before","value":3,'
twin "none is made up" has_record run '"testStepId":"s2","measurement":{"name":"before","value":4,'
check "a hang is a timeout [E4]" outcome run s3 timeout
check "an error is an error [E4]" outcome run s4 error
check "a wrong result is a failure [E4]" outcome run s5 failed
check "an early exit is an error" outcome run s6 error
check "the step after all of them ran" outcome run s7 ok
check "and measured" has_record run '"testStepId":"s7","measurement":{"name":"turn"'
twin "and did not crash [E4]" outcome run s7 crashed
check "the records verify" collected run
finish
