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
INIT_SRC := $(wildcard libcontainer/init/*.c) $(addprefix libcontainer/base/,err.c fd.c io.c path.c str.c) \
	$(filter-out $(addprefix libcontainer/kernel/,caps.c lsm.c net.c seccomp.c dbus.c cgroup_v1.c cgroup_v2.c cgroup_systemd.c \
	cgroup.c rdt.c criu.c bpf_device.c feature.c host.c), $(wildcard libcontainer/kernel/*.c)) libcontainer/run/step.c
LIB_SRC  := $(filter-out libcontainer/init/%.c,$(wildcard libcontainer/*.c libcontainer/*/*.c))
SRC_SRC  := $(wildcard src/*.c)

LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
SRC_OBJ  := $(SRC_SRC:%.c=$(B)/%.o)
INIT_OBJ := $(INIT_SRC:%.c=$(B)/musl/%.o)
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))

all: cruet

cruet: $(SRC_OBJ) $(B)/libcontainer.a
	$(CC) $(CFLAGS) $(LDFLAGS) -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -o $@ $^ $(LIBS_STATIC) $(LIBS_SHARED)

$(B)/libcontainer.a: $(LIB_OBJ) $(B)/init_image.o
	rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPP) $(WARN) $(CFLAGS) $(HARDEN) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE -c -o $@ $<

$(B)/musl/%.o: %.c
	@mkdir -p $(@D)
	$(MUSL_CC) $(CPP) $(WARN) -Os -ffunction-sections -fdata-sections -fno-stack-protector -fno-strict-aliasing -fno-pie -DCRUET_INIT \
		-idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<

$(B)/init: $(INIT_OBJ)
	$(MUSL_CC) -static -no-pie -Wl,--gc-sections -Wl,-z,noexecstack,-z,separate-code -s -o $@ $^

$(B)/init_image.o: $(B)/init libcontainer/run/init_image.S
	$(CC) -DINIT_IMAGE='"$(B)/init"' -c -o $@ libcontainer/run/init_image.S

$(B)/unit/%: tests/unit/%.c $(B)/libcontainer.a
	@mkdir -p $(@D)
	$(CC) $(CPP) $(WARN) $(CFLAGS) -o $@ $< $(B)/libcontainer.a $(LIBS_STATIC) $(LIBS_SHARED)

check-unit: $(UNIT)
	@set -e; for t in $(UNIT); do $$t; done

clean:
	rm -rf $(B) cruet

-include $(LIB_OBJ:.o=.d) $(SRC_OBJ:.o=.d) $(INIT_OBJ:.o=.d) $(UNIT:=.d)
.PHONY: all check-unit clean
