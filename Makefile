# SPDX-License-Identifier: Apache-2.0
# One file, not recursive. `make help` says what there is.

VERSION := 0.1.0
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
PREFIX  ?= /usr/local
B       ?= build

CC         ?= cc
MUSL_CC    ?= musl-gcc
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g

WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wconversion -Wno-sign-conversion \
	-Wformat=2 -Wimplicit-fallthrough -Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion
ifdef WERROR
WARN += -Werror
endif
HARDEN := -fstack-clash-protection -fstack-protector-strong -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks \
	-fno-strict-overflow -fno-strict-aliasing -fcf-protection=full
CPP    := -std=gnu17 -D_GNU_SOURCE -DCRUET_VERSION='"$(VERSION)"' -DCRUET_COMMIT='"$(COMMIT)"' -Ilibcontainer -MMD -MP

LIBS_STATIC := -l:libseccomp.a -l:libcap.a -l:libyajl_s.a -l:libapparmor.a
LIBS_SHARED := -lmnl -ldl

# The init stage: a static musl program of base/, the tools without a library, and init/, embedded as bytes.
INIT_SRC := $(wildcard libcontainer/init/*.c libcontainer/wire/*.c) $(addprefix libcontainer/base/,err.c fd.c io.c path.c str.c) \
	$(addprefix libcontainer/kernel/,caps_apply.c device.c loopback.c mount.c mount_attr.c mount_old.c ns.c process.c procfs.c \
	program.c rootfs.c rootfs_move.c seccomp_load.c tty.c) libcontainer/plan/names.c
LIB_SRC  := $(filter-out libcontainer/init/%.c,$(wildcard libcontainer/*.c libcontainer/*/*.c))
SRC_SRC  := $(wildcard src/*.c)

LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
SRC_OBJ  := $(SRC_SRC:%.c=$(B)/%.o)
INIT_OBJ := $(INIT_SRC:%.c=$(B)/musl/%.o)
UNIT     := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/unit/*.c))
UNITROOT := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/unit-root/*.c))

# A line a command; V=1 shows the commands themselves.
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$@")

all: cruet

cruet: $(SRC_OBJ) $(B)/libcontainer.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -o $@ $^ $(LIBS_STATIC) $(LIBS_SHARED)

$(B)/libcontainer.a: $(LIB_OBJ) $(B)/init_image.o
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPP) $(WARN) $(CFLAGS) $(HARDEN) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE -c -o $@ $<

$(B)/musl/%.o: %.c
	@mkdir -p $(@D)
	$(call say,MUSL)
	$(Q)$(MUSL_CC) $(CPP) $(WARN) -Os -ffunction-sections -fdata-sections -fno-stack-protector -fno-strict-aliasing -fno-pie -DCRUET_INIT \
		-idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<

$(B)/init: $(INIT_OBJ)
	$(call say,LD)
	$(Q)$(MUSL_CC) -static -no-pie -Wl,--gc-sections -Wl,-z,noexecstack,-z,separate-code -s -o $@ $^

$(B)/init_image.o: $(B)/init libcontainer/run/init_image.S
	$(Q)$(CC) -DINIT_IMAGE='"$(B)/init"' -c -o $@ libcontainer/run/init_image.S

$(UNIT) $(UNITROOT): $(B)/%: tests/%.c $(B)/libcontainer.a
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPP) -Itests/unit $(WARN) $(CFLAGS) -o $@ $< $(B)/libcontainer.a $(LIBS_STATIC) $(LIBS_SHARED)

tests: cruet $(UNIT) $(UNITROOT)

check-unit: $(UNIT)
	tests/unit.sh unit

clean:
	rm -rf $(B) cruet

-include $(LIB_OBJ:.o=.d) $(SRC_OBJ:.o=.d) $(INIT_OBJ:.o=.d) $(UNIT:=.d) $(UNITROOT:=.d)
.PHONY: all tests check-unit clean
