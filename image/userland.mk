# User space: the third-party pieces, and our own program out of lib, bench, init and lab by their file names.

PIECES := headers libinih cjson libsodium libblkid liburing libmicrohttpd mbedtls
piece = $(B)/piece/$(1)
stamps = $(1:%=$(B)/piece/%.stamp)

# FORCE: a piece is named after its inputs, and only the script knows whether that name has changed. The stamp stays as it is when not.
$(B)/piece/%.stamp: FORCE | packages-build
	$(Q)image/piece.sh $*

# Sorted by make: the wildcard's own order is that of the language.
LIB   := $(sort $(wildcard lib/*.c))
BENCH := $(sort $(wildcard bench/*.c bench/*/*.c bench/engine/*/*.c bench/net/wire/*.c bench/net/wire/*/*.c))
INIT  := $(sort $(wildcard init/*.c init/*/*.c))
LAB   := $(sort $(wildcard lab/*.c lab/*/*.c))
C_FILES = $(wildcard lib/*.[ch] bench/*.[ch] bench/*/*.[ch] bench/engine/*/*.[ch] bench/net/wire/*.[ch] bench/net/wire/*/*.[ch] init/*.[ch] init/*/*.[ch] lab/*.[ch] lab/*/*.[ch] tests/*/*.[ch])

# What a benchmark and a verb are: a file in one of these folders.
BENCHMARKS := $(foreach folder,self net file disk,$(sort $(wildcard bench/$(folder)/*.c)))
VERBS      := $(sort $(wildcard lab/*.c))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Wvla -Wno-missing-field-initializers
CPPFLAGS += -D_GNU_SOURCE -I. -I$(B)/gen -MMD -MP
CFLAGS   += -std=gnu11 -O2 -g $(WARNINGS) -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(INIH_FLAGS)

include image/inih.mk

# ---- generated: written anew each time, replaced only when different, so that a deleted file counts too

replace = cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/gen/bench_table.c: FORCE
	$(Q)mkdir -p $(@D); image/table.sh bench $(BENCHMARKS) > $@.new; $(replace)
$(B)/gen/verb_table.c: FORCE
	$(Q)mkdir -p $(@D); image/table.sh verb $(VERBS) > $@.new; $(replace)
$(B)/gen/verb_none.c: FORCE
	$(Q)mkdir -p $(@D); image/table.sh verb > $@.new; $(replace)
# The report's page: everything but its data, inside the program.
$(B)/piece/plotly.stamp: | packages-page
$(B)/gen/report.html: FORCE $(call stamps,plotly)
	$(Q)mkdir -p $(@D); image/page.sh $(call piece,plotly)/plotly.min.js lab/report > $@.new; $(replace)
$(B)/gen/report_page.o: $(B)/gen/report.html image/page.S
	$(Q)gcc -c -DPAGE='"$<"' -o $@ image/page.S
$(B)/gen/version.h: FORCE
	$(Q)mkdir -p $(@D); image/version.sh > $@.new; $(replace)

# ---- the program, static with musl

MUSL_INCLUDE = $(foreach name,$(filter-out headers,$(PIECES)),-isystem $(call piece,$(name))/include) \
	-isystem $(call piece,headers)/include
MUSL_LIBS = $(foreach name,$(filter-out headers,$(PIECES)),-L$(call piece,$(name))/lib) \
	-linih -lcjson -lsodium -lblkid -luring -lmicrohttpd -lmbedcrypto -lm
MUSL_LINK = musl-gcc -static -pthread -Wl,--gc-sections -Wl,--build-id=sha1 -o $@ $(filter %.o,$^) $(MUSL_LIBS)

GEN_C := $(addprefix $(B)/gen/,bench_table.c verb_table.c verb_none.c)
objects = $(patsubst %.c,$(B)/obj/%.o,$(patsubst $(B)/%,%,$(1)))
CORE_O := $(call objects,$(LIB) $(BENCH) $(INIT) $(B)/gen/bench_table.c)

$(B)/obj/gen/%.o: $(B)/gen/%.c $(call stamps,$(PIECES)) | $(B)/gen/version.h
	$(call say,CC,$<) mkdir -p $(@D); musl-gcc $(CPPFLAGS) $(CFLAGS) $(MUSL_INCLUDE) -c -o $@ $<
$(B)/obj/%.o: %.c $(call stamps,$(PIECES)) | $(B)/gen/version.h
	$(call say,CC,$<) mkdir -p $(@D); musl-gcc $(CPPFLAGS) $(CFLAGS) $(MUSL_INCLUDE) -c -o $@ $<

$(B)/assay-init: $(CORE_O) $(call objects,$(B)/gen/verb_none.c)
	$(call say,LINK,$@) $(MUSL_LINK)
$(B)/assay: $(CORE_O) $(call objects,$(LAB) $(B)/gen/verb_table.c) $(B)/gen/report_page.o
	$(call say,LINK,$@) $(MUSL_LINK)

-include $(wildcard $(B)/obj/*/*.d $(B)/obj/*/*/*.d $(B)/obj/*/*/*/*.d $(B)/obj/*/*/*/*/*.d)
