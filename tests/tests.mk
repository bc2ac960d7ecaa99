# SPDX-License-Identifier: GPL-2.0-or-later
# The tests and the bench; included by the Makefile.

$(B)/variants.bpf.o: tests/bench/variants.bpf.c | $(B)/.needs
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Ibpf -MMD -MP -MT $@ -c -o $@ $<

$(B)/tests/bench/bench.o: $(B)/variants.skel.h

$(B)/bench: $(B)/tests/bench/bench.o $(LIBOBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS)

bench: $(B)/bench ## what the probes cost, against empty programs, a hash map and memleak
	$(Q)sh tools/as-root.sh $(B)/bench $(BENCH_ARGS)

.PHONY: bench

-include $(B)/variants.bpf.d $(B)/tests/bench/bench.d
