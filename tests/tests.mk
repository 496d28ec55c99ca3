# The rings of proof. Unit tests are C under the sanitizers; the other rings are scripts, one test each (tests/ring.sh runs them).

FUZZ_C := $(sort $(wildcard tests/fuzz/*.c))

# What the peers ring compares with and Debian 12 does not install: pinned, in B/piece. iperf's programs run on the host's libraries.
STOCK := $(call stamps,iozone iperf netperf)
$(B)/piece/iperf.stamp: | packages-test
$(B)/piece/playwright.stamp: | packages-page

test-boot: image pxe iso disk $(B)/assay $(call stamps,playwright) | packages-run packages-test packages-browser packages-fleet ## what takes long: every way to boot it, with times; the machines; libvirt; an LVM volume; serving; a fleet in PostgreSQL; open ports; power cuts, also while records go to a desk; a TPM; the report in a browser (half an hour)
	$(Q)code=0; tests/ring.sh boot || code=$$?; for table in matrix machines; do grep -v '^ok \|^not ok \|^ *#' $(B)/test/boot/$$table.log; done; exit $$code

bench-boot: image $(B)/assay | packages-run packages-test packages-guest ## seconds to the first sample, beside a trivial init and a Debian 12 guest (root): ROUNDS (5)
	$(Q)tests/bench/boot.sh $(or $(ROUNDS),5)

bench-noise: image $(B)/assay | packages-run packages-test packages-guest ## noise in the image beside a stock Debian 12 guest, in the same emulator (root): ROUNDS (5) of SECONDS_EACH (10); COUNTED=1: one CPU, its clock counts instructions
	$(Q)tests/bench/noise.sh $(or $(ROUNDS),5) $(or $(SECONDS_EACH),10) $(COUNTED)

bench-net: $(B)/assay $(STOCK) | packages-test ## our network code's speed beside iperf's and iperf3's, ROUNDS (5) of SECONDS_EACH (3)
	$(Q)ASSAY=$(abspath $(B)/assay) IPERF_PIECE=$(abspath $(B)/piece/iperf) ROUNDS=$(or $(ROUNDS),5) SECONDS_EACH=$(or $(SECONDS_EACH),3) tests/bench/net.sh

bench-disk: $(B)/assay $(B)/bench/pread-loop $(STOCK) | packages-test ## storage beside bonnie++, iozone, fio (root): ROUNDS (1), SIZE (256 MiB), RATE (100 MB/s), TABLES
	$(Q)ASSAY=$(abspath $(B)/assay) IOZONE=$(abspath $(B)/piece/iozone/iozone) PREAD_LOOP=$(abspath $(B)/bench/pread-loop) \
		ROUNDS=$(ROUNDS) SIZE=$(SIZE) RATE=$(RATE) CACHED=$(CACHED) TABLES="$(TABLES)" tests/bench/disk.sh
$(B)/bench/pread-loop: tests/bench/pread-loop.c | packages-test
	$(Q)mkdir -p $(@D); gcc -std=gnu11 -O2 -Wall -Wextra -o $@ $<

bench-bounded: $(B)/assay        ## iozone's bounded mode beside exact, on a small machine with a slow disk: MAX_FILE (2g), MEMORY, RATE, SAMPLE: an hour
	$(Q)ASSAY=$(abspath $(B)/assay) MAX_FILE=$(or $(MAX_FILE),2g) MEMORY=$(or $(MEMORY),256M) RATE=$(or $(RATE),100000000) tests/bench/bounded.sh

bench-compare: image $(B)/assay | packages-run packages-test ## what compare says of two machines that are one, and of one whose disk has half the rate: BOOTS (4) each
	$(Q)tests/bench/compare.sh $(or $(BOOTS),4)

bench-fleet: $(B)/assay | packages-fleet ## a fleet's results into PostgreSQL: rows/s, times of the questions, what they find: MEASUREMENTS (1000000)
	$(Q)ASSAY=$(abspath $(B)/assay) tests/bench/fleet.sh $(or $(MEASUREMENTS),1000000)

bench-serve: $(B)/assay | packages-test ## assay serve with MACHINES (500) uploading at once, and a tenth and twice of them: records/s, memory: STEPS (250)
	$(Q)ASSAY=$(abspath $(B)/assay) tests/bench/serve.sh $(or $(MACHINES),500) $(or $(STEPS),250)
.PHONY: bench-compare bench-fleet bench-serve

# DuckDB's library is 70 MB, so nothing else wants it.
$(B)/piece/duckdb.stamp: | packages-parquet
parquet: $(B)/assay $(B)/piece/duckdb.stamp ## every run in RESULTS (results) as one Parquet file, by DuckDB: build/fleet.parquet
	$(Q)ASSAY=$(abspath $(B)/assay) lab/fleet/parquet.sh $(B)/piece/duckdb $(or $(RESULTS),results) $(B)/fleet.parquet
test-parquet: $(B)/assay $(B)/piece/duckdb.stamp ## what that file holds is what the CSV files hold: counts, sums, rows
	$(Q)ASSAY=$(abspath $(B)/assay) DUCKDB_PIECE=$(abspath $(B)/piece/duckdb) tests/bench/parquet.sh
.PHONY: parquet test-parquet

bench-mutations: $(B)/assay      ## the mutation tally of assay verify: every bit flipped, every line dropped, swapped, repeated (20 minutes)
	$(Q)work=$$(mktemp -d) && PYTHONDONTWRITEBYTECODE=1 python3 tests/lab/conformance/mutations.py $(abspath $(B)/assay) $$work; code=$$?; rm -rf $$work; exit $$code

bench-kills: image $(B)/assay | packages-run packages-test ## takes the power away KILLS (300) times at random moments, with the disk's cache kept, lost, and lost in part: SEED (1)
	$(Q)PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/kills.py $(abspath $(B)/assay.efi) $(abspath $(B)/assay) $(abspath $(B)/test/kills) $(or $(KILLS),300) $(or $(SEED),1)
.PHONY: bench-kills

# QUICK=1 leaves the kernel out, which takes most of the time; all else is built twice.
reproduce: $(if $(QUICK),image) fetch | packages-build packages-media packages-reproduce ## everything twice, apart in folder, user, umask, language, zone, clock, cores; compares (an hour); QUICK=1: the kernel once; ROOT=bookworm: one side in a Debian 12 made for it
	$(Q)QUICK=$(QUICK) ROOT=$(ROOT) tests/reproduce.sh
.PHONY: reproduce

# At most MINUTES (default 1) each, or RUNS inputs each when RUNS is given.
FUZZ_LIMIT = $(if $(RUNS),-runs=$(RUNS),-max_total_time=$$(($(or $(MINUTES),1) * 60)))
FUZZ_TARGETS := $(FUZZ_C:tests/fuzz/%.c=$(B)/fuzz/%)
fuzz: $(FUZZ_TARGETS) ## each parser against damaged input, MINUTES (default 1) or RUNS each
	$(Q)for target in $^; do echo "  FUZZ    $${target##*/}"; python3 tests/fuzz/corpus.py unpack tests/fuzz/corpus/$${target##*/}.hex $$target.corpus || exit 1; \
		$$target $(FUZZ_LIMIT) -print_final_stats=0 -verbosity=0 -artifact_prefix=$$target. $$target.corpus || exit 1; done

# Goes on from what earlier calls found, in CACHE; so do the counts of a program that is the same: hours for all, in any number of calls.
bench-fuzz: $(if $(TARGETS),$(TARGETS:%=$(B)/fuzz/%),$(FUZZ_TARGETS)) ## each parser's target until it was executed RUNS (10000000) times, two at a time, over any number of calls: TARGETS (all)
	$(Q)tests/bench/fuzz.sh $(or $(RUNS),10000000) $(B)/fuzz $(^F)
.PHONY: bench-fuzz

# Of what `make fuzz` and `make bench-fuzz` have found, the least that reaches as much: the inputs that the unit tests begin with
# (test_fuzz_targets).
fuzz-keep: $(FUZZ_TARGETS)       ## the fuzzers' inputs, made small, into the tree: tests/fuzz/corpus
	$(Q)for target in $^; do found=$(CACHE)/fuzz/$${target##*/}/corpus; rm -rf $$target.least && mkdir -p $$target.least $$target.corpus $$found && \
		$$target -merge=1 -verbosity=0 -max_len=2048 $$target.least $$target.corpus $$found > $$target.merge 2>&1 || { tail -n 5 $$target.merge; exit 1; }; \
		python3 tests/fuzz/corpus.py pack $$target.least tests/fuzz/corpus/$${target##*/}.hex || exit 1; done

.PHONY: bench-mutations bench-bounded fuzz fuzz-keep test test-unit test-boot test-image test-peers test-lab check bench-boot bench-net bench-disk check-source check-includes check-style check-c check-shell

# ---- what can be said without running anything

check-source: check-includes check-style check-c check-shell

check-includes:
	$(Q)tests/includes.sh
check-style: | packages-check
	$(Q)clang-format --version | grep -q 'version 14\.' || { echo "style: not checked: other versions than clang-format 14 lay out otherwise"; exit 0; }; \
		clang-format --dry-run -Werror $(C_FILES)
check-c: $(B)/gen/version.h | packages-check
	$(Q)mkdir -p $(B)/cppcheck; cppcheck -q -j $(JOBS) --std=c11 --error-exitcode=1 --inline-suppr --suppressions-list=tests/cppcheck.txt \
		--enable=warning,performance,portability --cppcheck-build-dir=$(B)/cppcheck -D_GNU_SOURCE \
		--library=tests/cppcheck.cfg -I. lib bench init lab
check-shell: | packages-check
	$(Q)for script in $(wildcard image/*.sh image/*/*.sh lab/*/*.sh tests/*.sh tests/*/*.sh .ci/run); do sh -n $$script || exit 1; done
	$(Q)shellcheck -S error -s sh $(wildcard image/*.sh image/*/*.sh lab/*/*.sh tests/*.sh tests/*/*.sh)

# ---- unit tests: lib, bench, init and lab with the host's compiler, without what only makes sense as process 1

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TEST_C := $(filter-out init/main.c init/boot.c,$(LIB) $(BENCH) $(INIT)) $(LAB)
TEST_FLAGS = $(CPPFLAGS) $(filter-out -O2,$(CFLAGS)) -O1 -Werror $(SANITIZE) \
	-isystem $(call piece,libinih)/include -isystem $(call piece,cjson)/include
test_objects = $(patsubst %.c,$(B)/test/obj/%.o,$(patsubst $(B)/%,%,$(1)))
VISIBLE := $(B)/test/peers/visible $(B)/test/peers/visible-clock.so
UNIT := $(patsubst tests/unit/%.c,$(B)/test/unit/%,$(wildcard tests/unit/test_*.c))
TEST_PIECE_O := $(B)/test/obj/piece/ini.o $(B)/test/obj/piece/cJSON.o
TEST_STAMPS := $(call stamps,libinih cjson)

unit-programs: $(UNIT) $(B)/test/lab-alone $(B)/test/verify-alone $(VISIBLE)

# The targets of the fuzz ring, each under a name of its own, are a unit test together.
$(B)/gen/fuzz_table.c: FORCE
	$(Q)mkdir -p $(@D); { echo '#include "tests/unit/fuzz_target.h"'; for name in $(FUZZ_C:tests/fuzz/%.c=%); do \
		echo "int fuzz_$$name(const uint8_t *data, size_t len);"; done; echo 'const struct fuzz_target fuzz_targets[] = {'; \
		for name in $(FUZZ_C:tests/fuzz/%.c=%); do echo "	{ \"$$name\", fuzz_$$name },"; done; echo '	{ 0 },'; echo '};'; } > $@.new; $(replace)
$(B)/test/obj/tests/fuzz/%.o: CPPFLAGS += -DLLVMFuzzerTestOneInput=fuzz_$(basename $(@F))
$(B)/test/unit/test_fuzz_targets: $(call test_objects,tests/unit/test_fuzz_targets.c $(FUZZ_C) $(B)/gen/fuzz_table.c) $(B)/test/core.a
	$(call say,LINK,$@) mkdir -p $(@D); gcc $(SANITIZE) -pthread -o $@ $^ -lcmocka -lsodium -lmbedcrypto -lblkid -luring -lm

$(B)/test/obj/gen/%.o: $(B)/gen/%.c $(TEST_STAMPS) | $(B)/gen/version.h packages-check
	$(Q)mkdir -p $(@D); gcc $(TEST_FLAGS) -c -o $@ $<
$(B)/test/obj/%.o: %.c $(TEST_STAMPS) | $(B)/gen/version.h packages-check
	$(call say,TEST CC,$<) mkdir -p $(@D); gcc $(TEST_FLAGS) -c -o $@ $<
$(B)/test/obj/piece/ini.o: $(call stamps,libinih)
	$(Q)mkdir -p $(@D); gcc -w -g -O1 $(SANITIZE) $(INIH_FLAGS) -I$(call piece,libinih)/include -c -o $@ $(call piece,libinih)/src/ini.c
$(B)/test/obj/piece/cJSON.o: $(call stamps,cjson)
	$(Q)mkdir -p $(@D); gcc -w -g -O1 $(SANITIZE) -I$(call piece,cjson)/include/cjson -c -o $@ $(call piece,cjson)/src/cJSON.c

$(B)/test/core.a: $(call test_objects,$(TEST_C) $(B)/gen/bench_table.c $(B)/gen/verb_none.c) $(TEST_PIECE_O) $(B)/gen/report_page.o
	$(Q)rm -f $@; ar rcsD $@ $^
$(B)/test/unit/%: $(B)/test/obj/tests/unit/%.o $(B)/test/core.a
	$(call say,LINK,$@) mkdir -p $(@D); gcc $(SANITIZE) -pthread -o $@ $^ -lcmocka -lsodium -lmbedcrypto -lblkid -luring -lm

# For the peers ring: which calls lie inside the time.
$(B)/test/peers/visible: $(B)/test/obj/tests/peers/visible.o $(B)/test/core.a
	$(call say,LINK,$@) mkdir -p $(@D); gcc $(SANITIZE) -pthread -o $@ $^ -lsodium -lmbedcrypto -lblkid -luring -lm
$(B)/test/peers/visible-clock.so: tests/peers/visible-clock.c | packages-check
	$(Q)mkdir -p $(@D); gcc -O1 -shared -fPIC -Wall -Werror -o $@ $<

# The desk's verbs need nothing of init or bench: linked without them.
$(B)/test/lab-alone: $(call test_objects,$(LIB) $(LAB) $(B)/gen/verb_table.c) $(TEST_PIECE_O) $(B)/gen/report_page.o
	$(Q)echo '#include "lib/lib.h"' > $(B)/gen/lab_alone.c
	$(Q)echo 'int main(void) { return !lab_verbs[0]; }' >> $(B)/gen/lab_alone.c
	$(Q)gcc $(SANITIZE) -I. -o $@ $(B)/gen/lab_alone.c $^ -lsodium -lmbedcrypto -lmicrohttpd -lm

# The reader that judges a run shares nothing with what wrote it: linked without the writer's journal, hash, statistics, artifacts.
VERIFIER := lab/verify.c $(wildcard lab/verify/*.c) $(addprefix lab/journal/,read.c console.c frames.c records.c folder.c channels.c checks.c \
	check_partner.c schema.c visit.c) $(addprefix lab/common/,json.c notes.c paths.c args.c) lib/text.c lib/file.c lib/nearest.c
$(B)/test/verify-alone: $(call test_objects,$(VERIFIER)) $(B)/test/obj/piece/cJSON.o
	$(Q)echo '#include "lib/lib.h"' > $(B)/gen/verify_alone.c
	$(Q)echo 'extern const struct verb verb_verify;' >> $(B)/gen/verify_alone.c
	$(Q)echo 'int main(int argc, char **argv) { return verb_verify.main(argc, argv); }' >> $(B)/gen/verify_alone.c
	$(Q)gcc $(SANITIZE) -I. -o $@ $(B)/gen/verify_alone.c $^ -lsodium -lmbedcrypto -lm

-include $(wildcard $(B)/test/obj/*/*.d $(B)/test/obj/*/*/*.d $(B)/test/obj/*/*/*/*.d $(B)/test/obj/*/*/*/*/*.d)

# ---- fuzz targets: the same sources under clang's fuzzer

FUZZ := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
# A target has a version that stays: a commit that changes nothing in it leaves the same program, whose executions add up (bench-fuzz).
$(B)/fuzz/gen/version.h:
	$(Q)mkdir -p $(@D); echo '#define ASSAY_VERSION "fuzzed"' > $@
$(B)/fuzz/obj/%.o: %.c $(TEST_STAMPS) | $(B)/fuzz/gen/version.h packages-fuzz
	$(Q)mkdir -p $(@D); clang -w -I$(B)/fuzz/gen $(CPPFLAGS) $(CFLAGS) $(FUZZ) -isystem $(call piece,libinih)/include \
		-isystem $(call piece,cjson)/include -c -o $@ $<
# Hashes and distances between words compare in their inner loops, and nothing is found by following that: half of a target's time.
$(addprefix $(B)/fuzz/obj/,lab/verify/sha256.o lib/digest.o lib/nearest.o): FUZZ += -fno-sanitize-coverage=trace-cmp
$(B)/fuzz/obj/gen/%.o: $(B)/gen/%.c | packages-fuzz
	$(Q)mkdir -p $(@D); clang -w $(CPPFLAGS) $(CFLAGS) $(FUZZ) -c -o $@ $<
$(B)/fuzz/obj/piece/%.o: $(TEST_STAMPS) | packages-fuzz
	$(Q)mkdir -p $(@D); clang -w -g -O1 $(FUZZ) $(INIH_FLAGS) -I$(call piece,libinih)/include -I$(call piece,cjson)/include/cjson \
		-c -o $@ $(wildcard $(B)/piece/*/src/$*.c)
$(B)/fuzz/core.a: $(patsubst $(B)/test/obj/%,$(B)/fuzz/obj/%,$(call test_objects,$(TEST_C) $(B)/gen/bench_table.c $(B)/gen/verb_none.c) \
	$(TEST_PIECE_O)) $(B)/gen/report_page.o
	$(Q)rm -f $@; ar rcsD $@ $^
$(B)/fuzz/%: $(B)/fuzz/obj/tests/fuzz/%.o $(B)/fuzz/core.a
	$(call say,LINK,$@) clang -fsanitize=fuzzer,address,undefined -pthread -o $@ $^ -lsodium -lmbedcrypto -lblkid -luring -lm

-include $(wildcard $(B)/fuzz/obj/*/*.d $(B)/fuzz/obj/*/*/*.d $(B)/fuzz/obj/*/*/*/*.d $(B)/fuzz/obj/*/*/*/*/*.d)
