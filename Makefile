# perfgo: hardware counters and profiles for every Go benchmark.
#
#   make            build/bin/perfgo, and libperfgo.so, libperfgo-engine.so, libperfgo-simulate.so in build/lib
#   make deps       install the Debian packages that are missing
#   make demo       deps, build, and a tour over the examples
#   make test       deps, build, and the whole test suite
#   make lint asan tsan fuzz bench matrix test-std test-pmu install clean     see README.md
#
# KIND=release|debug|asan|tsan|fuzz selects a build; each has an object tree of its own.
# ARCH=arm64 on another machine builds into build/arm64, after make deps ARCH=arm64.

VERSION := 0.1.0
KIND   ?= release
HOST_ARCH := $(patsubst x86_64,amd64,$(patsubst aarch64,arm64,$(shell uname -m)))
ARCH   ?= $(HOST_ARCH)
CROSS  := $(filter-out $(HOST_ARCH),$(ARCH))
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
OUT    := build$(CROSS:%=/%)$(if $(filter-out release,$(KIND)),/$(KIND))
OBJ    := $(OUT)/obj
GEN    := $(OUT)/gen

# Compiler and libraries for another CPU: Debian's cross compiler, and the packages that
# tests/setup/deps.sh unpacks for it. CC=clang finds both by --target.
ifneq ($(CROSS),)
TRIPLET := $(patsubst arm64,aarch64,$(patsubst amd64,x86_64,$(ARCH)))-linux-gnu
SYSROOT := $(CURDIR)/build/cross/$(ARCH)/root
ifeq ($(origin CC),default)
CC := $(TRIPLET)-gcc
else ifneq ($(findstring clang,$(CC)),)
CC += --target=$(TRIPLET)
endif
CC += --sysroot=$(SYSROOT)
AR := $(TRIPLET)-ar
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
  PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(TRIPLET)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig $(PKG_CONFIG)
endif

CC_release := $(CC)
CC_debug   := $(CC)
CC_asan    := $(CC)
CC_tsan    := $(CC)
CC_fuzz    := clang
FLAGS_release := -O2 -g
FLAGS_debug   := -O0 -g
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
                 -fno-sanitize-recover=all
CC      := $(CC_$(KIND))
SANFLAGS := $(FLAGS_$(KIND))
WERROR  ?= -Werror

ENGINE_PKGS := libcjson libprotobuf-c zlib libdw libunwind-generic
CLI_PKGS    := smartcols
ENGINE_LIBS  = $(shell $(PKG_CONFIG) --libs $(ENGINE_PKGS)) -lpfm -lm
CLI_LIBS     = $(shell $(PKG_CONFIG) --libs $(CLI_PKGS))

CPPFLAGS := -D_GNU_SOURCE -DPERFGO_VERSION='"$(VERSION)"' -I. -Ipreload/engine -I$(GEN)
# Equal sources give equal bytes, wherever the checkout is.
CFLAGS   := -std=gnu11 $(SANFLAGS) -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith $(WERROR) -fPIC -fvisibility=hidden -MMD -MP \
            -ffile-prefix-map=$(CURDIR)=.
# Code that runs on a Go thread: no libc thread-local storage (so no stack protector), no vector
# registers (Go's arguments and X15 live there), never instrumented. On arm64 a signal handler of Go's
# finds the goroutine in X28, wherever the signal came; and atomics must not be calls into libgcc.
HOTFLAGS_arm64 := -ffixed-x28 -mno-outline-atomics
HOTFLAGS := -fno-stack-protector -mgeneral-regs-only -fno-builtin -fno-sanitize=all \
            -U_FORTIFY_SOURCE $(HOTFLAGS_$(ARCH)) -Ipreload/engine/hot/arch/$(ARCH)
LDFLAGS  := $(filter -fsanitize=%,$(SANFLAGS)) -Wl,--as-needed -Wl,-z,now

ENGINE_SRC := $(wildcard preload/engine/*/*.c preload/engine/arch/*/*.c) proto/settings.c
HOT_SRC    := $(wildcard preload/engine/hot/*.c)
AGENT_SRC  := $(wildcard preload/agent/*.c) $(wildcard preload/agent/arch/$(ARCH)/*.[cS])
SIMULATOR_SRC := $(wildcard preload/simulator/*.c preload/simulator/arch/$(ARCH)/*.S)
CLI_SRC    := $(wildcard cli/*.c)

ENGINE_OBJ := $(ENGINE_SRC:%.c=$(OBJ)/%.o) $(OBJ)/gen/proto/profile.pb-c.o
HOT_OBJ    := $(HOT_SRC:%.c=$(OBJ)/%.o)
AGENT_OBJ  := $(addsuffix .o,$(addprefix $(OBJ)/,$(basename $(AGENT_SRC))))
SIMULATOR_OBJ := $(addsuffix .o,$(addprefix $(OBJ)/,$(basename $(SIMULATOR_SRC))))
CLI_OBJ    := $(CLI_SRC:%.c=$(OBJ)/%.o) $(OBJ)/cli/html_assets.o
HTML_FILES := $(wildcard cli/html/*.html cli/html/*.css cli/html/*.js cli/html/vendor/*.js) cli/html/vendor/LICENSES.txt

LIBENGINE := $(OUT)/lib/libengine.a
ENGINE_SO := $(OUT)/lib/libperfgo-engine.so
AGENT_SO  := $(OUT)/lib/libperfgo.so
SIMULATOR_SO := $(OUT)/lib/libperfgo-simulate.so
PERFGO    := $(OUT)/bin/perfgo

.PHONY: all deps demo test lint asan tsan fuzz bench matrix test-std test-pmu install clean engine unit
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

all: $(PERFGO) $(AGENT_SO) $(SIMULATOR_SO) $(ENGINE_SO)
engine: $(LIBENGINE)

$(GEN)/proto/%.pb-c.c $(GEN)/proto/%.pb-c.h &: proto/%.proto
	@mkdir -p $(GEN)
	protoc-c --c_out=$(GEN) $<

# What includes the generated header must not be compiled before it is there.
$(filter $(OBJ)/preload/engine/profile/%,$(ENGINE_OBJ)) $(OBJ)/tests/unit/test_profile.o $(OBJ)/tests/unit/test_profile_read.o: | \
  $(GEN)/proto/profile.pb-c.h

$(OBJ)/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(HOT_OBJ) $(filter $(OBJ)/preload/agent/%,$(AGENT_OBJ)) $(SIMULATOR_OBJ): CFLAGS += $(HOTFLAGS)

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OBJ)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# Pages carry everything they need, and so does the command.
$(GEN)/html_assets.S: cli/html/embed.sh $(HTML_FILES)
	@mkdir -p $(@D)
	cli/html/embed.sh $(HTML_FILES) >$@

$(OBJ)/cli/html_assets.o: $(GEN)/html_assets.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

$(LIBENGINE): $(ENGINE_OBJ)
	@mkdir -p $(@D)
	rm -f $@ && $(AR) rcsD $@ $^

# From objects, not from the archive: --exclude-libs would hide perfgo_engine with the rest of it.
$(ENGINE_SO): $(ENGINE_OBJ)
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $(ENGINE_OBJ) $(LDFLAGS) \
	  -Wl,--no-undefined -Wl,--exclude-libs,ALL $(ENGINE_LIBS)

# libc only, whatever the build kind: the agent is never instrumented.
# Its copies of what the engine has too are objects of their own, because those are.
AGENT_LIB := $(addprefix $(OBJ)/agent-lib/,proto/settings.o preload/engine/base/error.o)
$(OBJ)/agent-lib/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fno-sanitize=all -c -o $@ $<

$(AGENT_SO): $(AGENT_OBJ) $(HOT_OBJ) $(AGENT_LIB) preload/agent/exports.map
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $(filter %.o,$^) -Wl,--no-undefined -Wl,-z,now -Wl,-z,nodelete \
	  -Wl,-soname,$(@F) -Wl,--version-script=preload/agent/exports.map -pthread -ldl

# No libc at all, and no symbols to read but those of functions: Valgrind reads what a program maps.
SIMULATOR_LIB := $(OBJ)/preload/agent/bench.o $(OBJ)/preload/agent/stacks.o $(OBJ)/preload/agent/mem.o \
  $(OBJ)/preload/agent/arch/$(ARCH)/trampoline.o $(patsubst %.c,$(OBJ)/agent-lib/%.o,$(wildcard preload/engine/arch/*.c preload/engine/arch/*/*.c))
$(SIMULATOR_SO): $(SIMULATOR_OBJ) $(SIMULATOR_LIB)
	@mkdir -p $(@D)
	$(CC) -shared -nostdlib -o $@ $^ -Wl,--no-undefined -Wl,-z,now -Wl,-Bsymbolic -Wl,--strip-debug \
	  -Wl,-e,simulator_entry -Wl,-soname,$(@F) -lgcc

$(PERFGO): $(CLI_OBJ) $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -o $@ $(CLI_OBJ) $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS) $(CLI_LIBS)

clean:
	rm -rf build

# Tests, lint, fuzzing, benchmarks, set-up: each part adds its rules in a file of its own.
include $(sort $(wildcard tests/*.mk))

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
