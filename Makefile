# SPDX-License-Identifier: GPL-2.0-or-later
# kpoolmon: `make help` lists what this builds. `make` alone never installs anything.

CC	?= gcc
HOSTCC	?= $(CC)
CLANG	?= clang
PROTOC_C ?= protoc-c
BPFTOOL ?= $(firstword $(shell command -v bpftool) $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
CFLAGS	?= -O2 -g
B	:= build
PREFIX	?= /usr/local

V ?= 0
ifeq ($(V),0)
Q	= @
say	= @printf '  %-7s %s\n' '$(1)' '$(2)'
else
Q	=
say	= @:
endif

LIBS	:= libbpf jansson ncursesw libdw libelf libzstd liblzma libprotobuf-c zlib
WARN	:= -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes
ifeq ($(WERROR),1)
WARN	+= -Werror
endif
KPM_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude -Isrc -I$(B) \
	     $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
# alerts go to the journal where its library is there, else to syslog
ifneq ($(shell $(PKG_CONFIG) --exists libsystemd 2>/dev/null && echo yes),)
LIBS	+= libsystemd
KPM_CFLAGS += -DKPM_HAVE_SYSTEMD
endif
KPM_LIBS   = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lm

SRCS	:= $(sort $(wildcard src/*.c src/*/*.c))
# the last is generated from src/sink/profile.proto
OBJS	:= $(SRCS:%.c=$(B)/%.o) $(B)/sink/profile.pb-c.o
# everything but main, for the tests
LIBOBJS := $(filter-out $(B)/src/main.o,$(OBJS))

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

all: $(B)/kpoolmon $(B)/completions/kpoolmon.bash $(B)/completions/_kpoolmon

include tests/tests.mk

$(B)/kpoolmon: $(OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(KPM_LIBS)

$(B)/%.o: %.c | $(B)/.needs
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(KPM_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The machine whose registers and frames the programs read, by the name that libbpf has for it.
BPF_TARGET = $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),-D__TARGET_ARCH_x86)

$(B)/%.bpf.o: bpf/%.bpf.c | $(B)/.needs
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -target bpf $(BPF_TARGET) -mcpu=v3 -Wall -Wextra $(if $(filter 1,$(WERROR)),-Werror) \
		-Iinclude -Ibpf -MMD -MP -MT $@ -c -o $@ $<

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@

$(B)/sink/profile.pb-c.c: src/sink/profile.proto | $(B)/.needs
	$(call say,PROTO,$<)
	$(Q)mkdir -p $(@D)
	$(Q)cd src && $(PROTOC_C) --c_out=$(abspath $(B)) sink/profile.proto

$(B)/sink/profile.pb-c.h: $(B)/sink/profile.pb-c.c

$(B)/sink/profile.pb-c.o: $(B)/sink/profile.pb-c.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(KPM_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/src/sink/stacks_pprof.o: $(B)/sink/profile.pb-c.h
$(B)/src/source/probes.o: $(B)/kpoolmon.skel.h
$(addprefix $(B)/src/source/,audit.o cache_counts.o charge_walk.o): $(B)/audit.skel.h

# Completions, made from the rows of commands and options by a program that runs while building.
$(B)/completions/generate: tools/completions.c | $(B)/.needs
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE $(WARN) -Iinclude -Isrc -O1 -MMD -MP -MF $@.d -o $@ $<

$(B)/completions/kpoolmon.bash: $(B)/completions/generate
	$(Q)$< bash > $@

$(B)/completions/_kpoolmon: $(B)/completions/generate
	$(Q)$< zsh > $@

# What building needs, checked once: names each thing that is missing and its package.
$(B)/.needs: tools/needs.sh
	$(Q)mkdir -p $(B)
	$(Q)CC='$(CC)' CLANG='$(CLANG)' BPFTOOL='$(BPFTOOL)' PKG_CONFIG='$(PKG_CONFIG)' \
		sh tools/needs.sh build
	$(Q)touch $@

deps: ## install what building, running and testing need (apt, dnf, zypper or pacman)
	$(Q)sh tools/needs.sh install

run: deps ## install what is needed, build, and show who holds slab memory
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh tools/as-root.sh $(B)/kpoolmon $(ARGS)

# what is installed where: source, mode, place; units get the path of the program
MAN	   = $(DESTDIR)$(PREFIX)/share/man
DOC	   = $(DESTDIR)$(PREFIX)/share/doc/kpoolmon
UNITDIR	  ?= $(PREFIX)/lib/systemd/system
INSTALLED  = $(DESTDIR)$(PREFIX)/sbin/kpoolmon \
	     $(MAN)/man8/kpoolmon.8 $(MAN)/man5/kpoolmon-alerts.5 $(MAN)/man5/kpoolmon-record.5 \
	     $(DOC)/alerts.conf \
	     $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kpoolmon \
	     $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_kpoolmon \
	     $(DESTDIR)$(UNITDIR)/kpoolmon.service \
	     $(DESTDIR)$(UNITDIR)/kpoolmon-watch.service

install: all ## install below $(DESTDIR)$(PREFIX), the label file below $(DESTDIR)/etc
	$(Q)install -D -m 755 $(B)/kpoolmon $(DESTDIR)$(PREFIX)/sbin/kpoolmon
	$(Q)install -D -m 644 man/kpoolmon.8 $(MAN)/man8/kpoolmon.8
	$(Q)install -D -m 644 man/kpoolmon-alerts.5 $(MAN)/man5/kpoolmon-alerts.5
	$(Q)install -D -m 644 man/kpoolmon-record.5 $(MAN)/man5/kpoolmon-record.5
	$(Q)install -D -m 644 data/alerts.conf $(DOC)/alerts.conf
	$(Q)install -D -m 644 $(B)/completions/kpoolmon.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/kpoolmon
	$(Q)install -D -m 644 $(B)/completions/_kpoolmon \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_kpoolmon
	$(Q)install -d $(DESTDIR)$(UNITDIR) $(DOC)/examples
	$(Q)sed 's|@sbindir@|$(PREFIX)/sbin|' data/systemd/kpoolmon.service \
		>$(DESTDIR)$(UNITDIR)/kpoolmon.service
	$(Q)sed 's|/usr/local/sbin|$(PREFIX)/sbin|' data/kpoolmon-watch.service \
		>$(DESTDIR)$(UNITDIR)/kpoolmon-watch.service
	$(Q)chmod 644 $(DESTDIR)$(UNITDIR)/kpoolmon.service $(DESTDIR)$(UNITDIR)/kpoolmon-watch.service
	$(Q)for f in data/examples/*; do \
		sed 's|/usr/sbin|$(PREFIX)/sbin|' $$f >$(DOC)/examples/$${f##*/} && \
		chmod 644 $(DOC)/examples/$${f##*/} || exit; done
	$(Q)[ -e $(DESTDIR)/etc/kpoolmon/tags.conf ] || \
		install -D -m 644 data/tags.conf $(DESTDIR)/etc/kpoolmon/tags.conf

uninstall: ## remove what install has installed, and what is pinned
	$(Q)[ -n '$(DESTDIR)' ] || ! [ -x $(PREFIX)/sbin/kpoolmon ] || $(PREFIX)/sbin/kpoolmon stop
	$(Q)! cmp -s data/tags.conf $(DESTDIR)/etc/kpoolmon/tags.conf || \
		rm $(DESTDIR)/etc/kpoolmon/tags.conf
	$(Q)rm -f $(INSTALLED) $(patsubst data/%,$(DOC)/%,$(wildcard data/examples/*))
	$(Q)rmdir --ignore-fail-on-non-empty $(DOC)/examples $(DOC) $(DESTDIR)/etc/kpoolmon 2>/dev/null || true

# one file without libraries; LIBS in the order of static linking
STATIC_LIBS = -lbpf -ldw -lelf -ljansson -lncursesw -ltinfo -lprotobuf-c -lzstd -llzma -lbz2 -lz -lm

static: $(B)/kpoolmon-static ## build/kpoolmon-static: one file, with terminal descriptions, no debuginfod

$(B)/carried.h: tools/terminals.sh
	$(Q)mkdir -p $(@D)
	$(Q)sh tools/terminals.sh > $@

$(B)/static/terminals.o: src/console/terminals.c $(B)/carried.h
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(KPM_CFLAGS) $(CFLAGS) -DKPM_TERMINALS -c -o $@ $<

$(B)/kpoolmon-static: $(filter-out $(B)/src/console/terminals.o,$(OBJS)) $(B)/static/terminals.o \
		     $(B)/tools/static.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -Wl,--wrap=dlopen -o $@ $^ -Wl,--start-group $(STATIC_LIBS) -Wl,--end-group

deb: ## build a package for this Debian into build/deb
	$(Q)sh tools/deb.sh $(B)/deb

clean: ## remove everything that was built
	$(Q)rm -rf $(B)

help: ## this text
	@printf '%s\n' 'make                 build $(B)/kpoolmon; installs nothing'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile tests/tests.mk | \
		while IFS="$$(printf '\t')" read -r t d; do printf 'make %-15s %s\n' "$$t" "$$d"; done
	@printf '%s\n' 'V=1 shows commands; CC= CLANG= BPFTOOL= CFLAGS= LDFLAGS= WERROR=1 are honoured'

.PHONY: all deps run install uninstall static deb clean help

-include $(OBJS:.o=.d) $(B)/completions/generate.d $(B)/kpoolmon.bpf.d $(B)/audit.bpf.d
