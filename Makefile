# SPDX-License-Identifier: Apache-2.0
# One file, not recursive. `make help` says what there is.

VERSION := 0.1.0
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

# How the outside libraries are linked:
#   default  libseccomp, libcap, yajl and libapparmor statically (no start-up cost), libc shared, libmnl by dlopen
#   shared   all of them shared, as distributions require
#   static   one musl executable; its libraries are built from their distribution sources (tests/static/build.sh)
LINK ?= default
B    ?= $(if $(filter default,$(LINK)),build,build-$(LINK))
EXE  := $(if $(filter build,$(B)),cruet,$(B)/cruet)

MUSL_CC    ?= musl-gcc
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g

# ---- flags ------------------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wconversion -Wno-sign-conversion \
	-Wformat=2 -Wimplicit-fallthrough -Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion
HARDEN := -fstack-clash-protection -fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-overflow \
	-fno-strict-aliasing
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
# Those that only some compilers or machines know; $(B)/flags.mk says which are known here.
OPTIONAL := -Wtrampolines -Wbidi-chars=any -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3 -fzero-init-padding-bits=all \
	-fcf-protection=full -mbranch-protection=standard
Z   := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
CPP := -std=gnu17 -D_GNU_SOURCE -DCRUET_VERSION='"$(VERSION)"' -Ilibcontainer -MMD -MP

# CI says CI=true: there a warning is an error.
ifneq ($(WERROR)$(CI),)
WARN_AS := -Werror
endif
ifdef SANITIZE
HARDEN += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
FORTIFY := -U_FORTIFY_SOURCE
SANITIZER := -fsanitize=$(SANITIZE)
endif

# Programs of musl: static, position independent, and linked by hand, as musl-gcc knows no -static-pie.
MULTIARCH  = $(shell $(CC) -print-multiarch)
MUSL_CPP   = -idirafter /usr/include -idirafter /usr/include/$(MULTIARCH)
MUSL_LIB   = $(shell $(MUSL_CC) -\#\#\# -x c /dev/null 2>&1 | grep -o '[^ "]*/Scrt1\.o' | xargs dirname)
GCC_FILE   = $(shell $(CC) -print-file-name=$(1))
MUSL_LINK  = -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $(Z) \
	$(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o $(call GCC_FILE,crtbeginS.o)
MUSL_END   = $(call GCC_FILE,crtendS.o) $(MUSL_LIB)/crtn.o

LIBS_SHARED = $(shell $(PKG_CONFIG) --libs libseccomp libcap yajl libapparmor libmnl)

# The number of the shared library's interface: another one where callers must be built anew.
SONAME := libcontainer.so.0

# Goals that compile nothing need no flags, and no library.
ifneq ($(filter-out help clean format lint check check-faults demo asan fuzz bench uninstall docs deb,$(or $(MAKECMDGOALS),all)),)
include $(B)/flags.mk
ifeq ($(LINK),default)
LIBS := -l:libseccomp.a -l:libcap.a -l:libyajl_s.a -l:libapparmor.a
CPP  += -DDLOPEN_MNL
else ifeq ($(LINK),shared)
LIBS = $(LIBS_SHARED)
else ifeq ($(LINK),static)
MUSL_LIBS := $(or $(shell tests/static/build.sh),$(error tests/static/build.sh failed))
LIBS := $(addprefix $(MUSL_LIBS)/lib/lib,seccomp.a cap.a yajl_s.a apparmor.a mnl.a)
CPP += -isystem $(MUSL_LIBS)/include $(MUSL_CPP)
FORTIFY :=
else
$(error LINK=$(LINK): default, shared or static)
endif
endif
ifeq ($(LINK),static)
COMPILE = $(MUSL_CC)
link = $(MUSL_CC) $(CFLAGS) $(MUSL_LINK) -o $@ $(1) $(LIBS) $(MUSL_END)
else
COMPILE = $(CC)
link = $(CC) $(CFLAGS) $(LDFLAGS) $(SANITIZER) -pie $(Z) -o $@ $(1) $(LIBS)
endif

FLAGS      = $(CPP) $(WARN) $(CFLAGS) $(HARDEN) $(KNOWN) $(FORTIFY) -fPIC -fvisibility=hidden
# The stage stays unsanitized: it is small, and a sanitizer's memory would be the container's.
INIT_FLAGS = $(CPP) $(MUSL_CPP) $(WARN) $(filter-out -fcf-protection=full -fsanitize=% -fno-omit-frame-pointer,$(HARDEN) $(KNOWN)) -Os -fPIE \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables -DCRUET_INIT

# ---- files ------------------------------------------------------------------------------------------------------------

# The init stage: a static musl program of base/, the tools without a library, and init/, embedded as bytes.
INIT_SRC := $(wildcard libcontainer/init/*.c libcontainer/wire/*.c) $(addprefix libcontainer/base/,err.c fd.c io.c path.c str.c) \
	$(addprefix libcontainer/kernel/,caps_apply.c device.c loopback.c lsm_attr.c mount.c mount_attr.c mount_list.c mount_old.c ns.c process.c procfs.c \
	program.c rootfs.c rootfs_move.c seccomp_load.c tty.c) libcontainer/plan/names.c
INIT_MAX := 102400
LIB_SRC  := $(filter-out libcontainer/init/%.c,$(wildcard libcontainer/*.c libcontainer/*/*.c))
SRC_SRC  := $(wildcard src/*.c)

LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
SRC_OBJ  := $(SRC_SRC:%.c=$(B)/%.o)
INIT_OBJ := $(INIT_SRC:%.c=$(B)/musl/%.o)
UNIT     := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/unit/*.c))
UNITROOT := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/unit-root/*.c))
MAN      := $(wildcard docs/man/*.8)
SHELLS   := $(addprefix $(B)/completion/,bash zsh fish)

# A line a command; V=1 shows the commands themselves.
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$@")

# ---- building ---------------------------------------------------------------------------------------------------------

all: $(EXE) $(SHELLS) ## build ./cruet, as any user (the default)

$(EXE): $(SRC_OBJ) $(B)/libcontainer.a
	$(call say,LD)
	$(Q)$(call link,$^)

$(SHELLS): $(EXE)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)./$(EXE) completion $(@F) >$@

$(B)/libcontainer.a: $(LIB_OBJ) $(B)/init_image.o
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Who takes a shared library has the others shared, too.
$(B)/libcontainer.so: $(LIB_OBJ) $(B)/init_image.o libcontainer/libcontainer.map
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME),--version-script=libcontainer/libcontainer.map $(Z) -o $@ \
		$(filter %.o,$^) $(LIBS_SHARED)

lib: $(B)/libcontainer.a $(B)/libcontainer.so ## build libcontainer, static and shared, for other programs

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(FLAGS) $(WARN_AS) -c -o $@ $<

$(B)/musl/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,MUSL)
	$(Q)$(MUSL_CC) $(INIT_FLAGS) $(WARN_AS) -c -o $@ $<

$(B)/init: $(INIT_OBJ)
	$(call say,LD)
	$(Q)$(MUSL_CC) $(MUSL_LINK) -Wl,--gc-sections,-z,noseparate-code,--build-id=none -s -o $@ $^ $(MUSL_END)
	@size=$$(stat -c %s $@); [ $$size -le $(INIT_MAX) ] || { echo "$@: $$size bytes, allowed are $(INIT_MAX)" >&2; rm $@; exit 1; }

$(B)/init_image.o: $(B)/init libcontainer/run/init_image.S
	$(Q)$(COMPILE) -DINIT_IMAGE='"$(B)/init"' -c -o $@ libcontainer/run/init_image.S

# Only the file that tells the commit is compiled anew when there is another one.
$(B)/libcontainer/program.o: CPP += -DCRUET_COMMIT='"$(shell cat $(B)/commit)"'
$(B)/libcontainer/program.o: $(B)/commit

# Held against sd-bus, where there is one. Nothing else uses it.
ifneq ($(LINK),static)
$(B)/unit/dbus_peer: private SD_BUS := $(shell $(PKG_CONFIG) --silence-errors --libs libsystemd)
$(B)/unit/dbus_peer: private CPP += $(if $(SD_BUS),-DHAVE_SD_BUS)
$(B)/unit/dbus_peer: private LIBS += $(SD_BUS)
endif

$(UNIT) $(UNITROOT): $(B)/%: tests/%.c $(B)/libcontainer.a
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(CPP) -Itests/unit $(WARN) $(WARN_AS) $(CFLAGS) $(filter -fsanitize=% -fno-sanitize-recover=%,$(HARDEN)) -fPIE -MT $@ \
		-c -o $@.o $<
	$(Q)$(call link,$@.o $(B)/libcontainer.a)
	@rm $@.o

# cruet with a directory in place of resctrl, for tests/run/rdt_test.sh.
$(B)/cruet-resctrl: tests/run/helpers/resctrl.c tests/unit-root/resctrl.h $(SRC_OBJ) $(B)/libcontainer.a
	$(call say,LD)
	$(Q)$(COMPILE) $(FLAGS) $(WARN_AS) -c -o $@.o $<
	$(Q)$(call link,$@.o $(SRC_OBJ) $(B)/libcontainer.a)
	@rm $@.o

# Files that change only when their content does.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@$(file >$@.new,$(COMPILE) $(FLAGS) $(INIT_FLAGS))cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/commit: FORCE
	@mkdir -p $(@D)
	@(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown) >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/flags.mk: Makefile
	@mkdir -p $(@D)
	@for flag in $(OPTIONAL); do \
		$(COMPILE) -Werror $$flag -E -x c /dev/null >/dev/null 2>&1 && known="$$known $$flag"; \
	done; echo "KNOWN :=$$known" >$@

# The second name is for who wants every container of it privileged (docs/man/cruet.8).
install: $(EXE) $(SHELLS) ## install the program, its man pages and completions below DESTDIR, PREFIX
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR)/man8 $(BASHDIR) $(ZSHDIR) $(FISHDIR))
	install -m 755 $(EXE) $(DESTDIR)$(BINDIR)/cruet
	ln -sf cruet $(DESTDIR)$(BINDIR)/cruet-privileged
	install -m 644 $(MAN) $(DESTDIR)$(MANDIR)/man8
	ln -sf cruet.8 $(DESTDIR)$(MANDIR)/man8/cruet-privileged.8
	install -m 644 $(B)/completion/bash $(DESTDIR)$(BASHDIR)/cruet
	ln -sf cruet $(DESTDIR)$(BASHDIR)/cruet-privileged
	install -m 644 $(B)/completion/zsh $(DESTDIR)$(ZSHDIR)/_cruet
	install -m 644 $(B)/completion/fish $(DESTDIR)$(FISHDIR)/cruet.fish
	ln -sf cruet.fish $(DESTDIR)$(FISHDIR)/cruet-privileged.fish

install-lib: lib ## install libcontainer, its header and pkg-config file
	install -d $(addprefix $(DESTDIR),$(LIBDIR)/pkgconfig $(INCDIR))
	install -m 644 libcontainer/libcontainer.h $(DESTDIR)$(INCDIR)
	install -m 644 $(B)/libcontainer.a $(DESTDIR)$(LIBDIR)
	install -m 644 $(B)/libcontainer.so $(DESTDIR)$(LIBDIR)/$(SONAME).$(VERSION)
	ln -sf $(SONAME).$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libcontainer.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCDIR@|$(INCDIR)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIBS_SHARED)|' \
		libcontainer/libcontainer.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/libcontainer.pc

uninstall: ## remove what install and install-lib have put there
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,cruet cruet-privileged) $(MAN:docs/man/%=$(DESTDIR)$(MANDIR)/man8/%) \
		$(DESTDIR)$(MANDIR)/man8/cruet-privileged.8 \
		$(addprefix $(DESTDIR),$(BASHDIR)/cruet $(BASHDIR)/cruet-privileged $(ZSHDIR)/_cruet) \
		$(addprefix $(DESTDIR)$(FISHDIR)/,cruet.fish cruet-privileged.fish) $(DESTDIR)$(INCDIR)/libcontainer.h \
		$(addprefix $(DESTDIR)$(LIBDIR)/,libcontainer.a libcontainer.so $(SONAME) $(SONAME).$(VERSION) pkgconfig/libcontainer.pc)

# In a copy of what git knows, as dpkg-buildpackage writes beside and into the tree.
deb: ## build Debian packages of cruet and libcontainer, into build/deb
	@tests/deps.sh build deb
	@rm -rf build/deb && mkdir -p build/deb/cruet
	@git ls-files -z | tar --null -T - -c | tar -x -C build/deb/cruet
	@cd build/deb/cruet && DEB_BUILD_OPTIONS="parallel=$(shell nproc) noautodbgsym $$DEB_BUILD_OPTIONS" \
		MAKEFLAGS= dpkg-buildpackage -b -us -uc $(if $(V),,>../log 2>&1) || { tail -n 20 ../log >&2; exit 1; }
	@rm -rf build/deb/cruet && ls build/deb/*.deb

clean: ## remove what was built
	rm -rf build build-* cruet

# ---- showing, testing, measuring ----------------------------------------------------------------------------------------

submake = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
# Under sudo the files that we make stay the user's.
own = [ -z "$$SUDO_UID" ] || chown -R "$$SUDO_UID:$$SUDO_GID" $(wildcard build build-* cruet)

demo: ## run a container and show what confines it (root; installs what the build needs)
	@tests/deps.sh build demo
	@$(submake) all
	@tests/demo.sh ./cruet; status=$$?; $(own); exit $$status

check: ## install what the tests need, build, run all tests (root)
	@tests/deps.sh build demo test static deb
	@$(submake) tests
	@tests/check.sh; status=$$?; $(own); exit $$status

tests: $(EXE) $(UNIT) $(UNITROOT) $(B)/cruet-resctrl ## build the test programs

check-unit: $(UNIT) ## the tests that need no root; seconds
	@BUILD=$(B) tests/unit.sh unit

lint: ## the rules that a compiler does not know
	@tests/lint/lint.sh

check-faults: ## a fault at every system call of create, start, exec, update and delete (root; some 20 minutes)
	@tests/deps.sh build demo test
	@$(submake) all
	@tests/oci/isolate.sh --cgroup v2 -- tests/fault/sweep.sh ./cruet

cve-table: ## attack cruet and the other runtimes installed, print who holds (root)
	@tests/deps.sh build test
	@$(submake) all
	@tests/cve/table.sh ./cruet crun runc

asan: ## unit and root tests with the address and undefined behaviour sanitizers (root)
	@tests/deps.sh build test
	@$(submake) B=build-asan SANITIZE=address,undefined CFLAGS='-O1 -g' tests
	@export BUILD=build-asan CRUET=build-asan/cruet LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0; \
		tests/check.sh unit cli unit-root run-v1 run-v2; status=$$?; \
		ASAN_OPTIONS=detect_leaks=0 tests/check.sh cve || status=1; $(own); exit $$status # leaks: not under ptrace

FUZZ_SECONDS ?= 60
fuzz: ## feed the parser of config.json with garbage for FUZZ_SECONDS (60); needs clang
	@tests/deps.sh build fuzz
	@$(submake) B=build-fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' build-fuzz/spec
	@tests/fuzz/run.sh build-fuzz/spec $(FUZZ_SECONDS)

build-fuzz/spec: tests/fuzz/spec.c $(B)/libcontainer.a
	$(call say,CC)
	$(Q)$(CC) $(CPP) $(WARN) $(CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< $(B)/libcontainer.a $(LIBS)

bench: ## measure against the peers and the floor (root)
	@tests/deps.sh build
	@$(submake) all
	@tests/bench/bench.sh ./cruet

docs: ## write docs/steps.md anew from the step tables
	@tests/lint/steps.sh >docs/steps.md.new && mv docs/steps.md.new docs/steps.md

format: ## lay the code out with clang-format
	@git ls-files 'libcontainer/*.c' 'src/*.c' | xargs clang-format -i

help: ## this list
	@echo "make [TARGET] [V=1] [LINK=default|shared|static] [PREFIX=$(PREFIX)] [DESTDIR=]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done

-include $(LIB_OBJ:.o=.d) $(SRC_OBJ:.o=.d) $(INIT_OBJ:.o=.d) $(UNIT:=.d) $(UNITROOT:=.d)
.PHONY: all lib tests check check-unit check-faults cve-table lint asan fuzz bench demo docs deb format install install-lib uninstall clean help FORCE
.DELETE_ON_ERROR:
