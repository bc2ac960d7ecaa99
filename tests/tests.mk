# SPDX-License-Identifier: GPL-2.0-or-later
# The tests and the bench; included by the Makefile. tests/run runs the executables and counts.

UNIT	 := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*_test.c tests/screen/*_test.c))
BPFTESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/bpf/*_test.c tests/live/*_test.c))
SAN	 := $(B)/san
FUZZ	 := $(B)/fuzz
FUZZ_SECONDS ?= 60

$(B)/tests/%_test: $(B)/tests/%_test.o $(LIBOBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS) -lcmocka -pthread

$(B)/tests/unit/pprof_test.o: $(B)/sink/profile.pb-c.h

$(B)/variants.bpf.o: tests/bench/variants.bpf.c | $(B)/.needs
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Ibpf -MMD -MP -MT $@ -c -o $@ $<

$(B)/tests/bench/bench.o: $(B)/variants.skel.h

$(B)/bench: $(B)/tests/bench/bench.o $(LIBOBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS)

$(B)/tests/screen/leaker: tests/screen/leaker.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -o $@ $<

units: $(UNIT)

# the same, with the compiler's checks of memory and undefined behaviour
sanitized:
	$(Q)$(MAKE) --no-print-directory B=$(SAN) LDFLAGS='-fsanitize=address,undefined' \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' units

check: all units sanitized ## the tests that need no root and no network
	$(Q)sh tests/run check $(B)

test: deps ## install what is needed, build, and run all tests of this machine (as root)
	$(Q)$(MAKE) --no-print-directory all units sanitized $(BPFTESTS) $(B)/tests/screen/leaker $(B)/bench
	$(Q)sh tests/run test $(B)

test-kernels: all ## boot real kernels under emulation and compare the counts with the truth
	$(Q)sh tools/as-root.sh tests/kernels/deps
	$(Q)sh tools/as-root.sh tests/kernels/run $(KERNELS_ARGS) $(B)/kpoolmon
	$(Q)sh tools/as-root.sh tests/kernels/locations $(B)/kpoolmon
	$(Q)sh tools/as-root.sh tests/kernels/suspects $(B)/kpoolmon
	$(Q)sh tools/as-root.sh tests/kernels/pinned $(B)/kpoolmon

kernels-document: all ## write docs/kernels.md: the matrix with memleak beside
	$(Q)sh tools/as-root.sh tests/kernels/deps
	$(Q)sh tools/as-root.sh tests/kernels/run --modes full,kprobes,tracepoints,audit,preempt,memleak \
		--document docs/kernels.md $(KERNELS_ARGS) $(B)/kpoolmon

RECORDINGS = $(wildcard tests/scenes/recordings/*.kpr.xz)

scenes: all ## judge the recordings of scenes: precision, recall, seconds until a culprit is named
	$(Q)tests/scenes/judge $(B)/kpoolmon $(RECORDINGS)

scenes-document: all ## the same, into docs/scenes.md
	$(Q)tests/scenes/judge --document docs/scenes.md $(B)/kpoolmon $(RECORDINGS)

$(B)/unpack: $(B)/tests/find/unpack.o $(LIBOBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS)

# what reads hostile files, and nothing else of the program
$(B)/elf_fuzz: $(B)/tests/fuzz/elf_fuzz.o $(filter $(B)/src/base/% $(B)/src/model/% $(B)/src/resolve/%,$(LIBOBJS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS)

$(B)/record_fuzz $(B)/csv_fuzz: $(B)/%_fuzz: $(B)/tests/fuzz/%_fuzz.o $(filter $(B)/src/base/% $(B)/src/model/%,$(LIBOBJS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS)

fuzz: ## feed the readers of module files and recordings with hostile ones, FUZZ_SECONDS each (60)
	$(Q)$(MAKE) --no-print-directory B=$(FUZZ) CC='$(CLANG)' \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
		LDFLAGS='-fsanitize=fuzzer,address,undefined' $(FUZZ)/elf_fuzz $(FUZZ)/record_fuzz $(FUZZ)/csv_fuzz
	$(Q)rm -rf $(FUZZ)/seeds && tests/fuzz/corpus $(FUZZ)/seeds && mkdir -p $(FUZZ)/corpus
	$(Q)cd $(FUZZ) && ./elf_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 \
		-rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 corpus seeds
	$(Q)for f in record csv; do \
		mkdir -p $(FUZZ)/$$f-seeds $(FUZZ)/$$f-corpus && \
		cp tests/fuzz/seed.$$([ $$f = csv ] && echo csv || echo kpr) $(FUZZ)/$$f-seeds && \
		(cd $(FUZZ) && ./$${f}_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 \
			-rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 $$f-corpus $$f-seeds) || exit 1; \
	done

test-find: all $(B)/unpack ## search the modules of a real Debian kernel, against unpacking alone
	$(Q)tests/find/run $(B)/kpoolmon $(B)/unpack $(TREE)

test-deb: deb ## install, run and remove the package in a Debian 12 of its own
	$(Q)sh tools/as-root.sh tests/deb/run $(B)/deb

pictures: all $(B)/tests/screen/leaker ## make the README's pictures of the console again
	$(Q)mkdir -p tests/screen/pictures
	$(Q)sh tools/as-root.sh bash tests/screen/capture.sh $(B)/kpoolmon $(B)/tests/screen/leaker \
		tests/screen/pictures

bench: $(B)/bench ## measure the cost of the probes; fails if a budget is not kept
	$(Q)sh tools/as-root.sh $(B)/bench $(BENCH_ARGS)

format: ## apply .clang-format
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: units sanitized check test test-kernels kernels-document scenes scenes-document pictures test-find test-deb fuzz bench format

-include $(B)/variants.bpf.d $(UNIT:=.d) $(BPFTESTS:=.d) $(B)/tests/bench/bench.d $(B)/tests/find/unpack.d $(B)/tests/fuzz/elf_fuzz.d $(B)/tests/fuzz/record_fuzz.d $(B)/tests/fuzz/csv_fuzz.d
