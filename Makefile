# Typervisor: make iso, make run, make test, make bench, make clean. See README.md.

CONFIG ?= typervisor.config.ts
OUT ?= build/typervisor.iso
MEMORY ?= 512
FIRMWARE ?= bios

# All processors work, unless whoever calls says how many.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += --jobs=$(shell nproc)
endif

.DEFAULT_GOAL := iso
.DELETE_ON_ERROR:
.PHONY: iso run test bench clean setup guests debian schema

# make reads this file before it does anything else, and so makes it first: whatever is missing is installed before it is needed.
ifneq ($(MAKECMDGOALS),clean)
include build/setup.mk
endif

build/setup.mk: tools/setup.sh package-lock.json
	@tools/setup.sh
	@mkdir -p build
	@echo '# The tools and packages that the build needs were found by tools/setup.sh.' > $@

setup:
	@tools/setup.sh

include boot/rules.mk
-include test/guests/rules.mk
-include test/rogue/rules.mk
-include test/instrumented/rules.mk
-include test/delayed/rules.mk

LINUX := build/guests/linux
LINUX_GUEST := build/guests/vmlinuz build/guests/initrd.cpio

guests: $(LINUX_GUEST) build/guests/network.cpio build/guests/devices.cpio

# The root volume of a Debian, for what boots from its disk.
debian: build/guests/debian.img

# What the default configuration boots; any other configuration brings its own.
default_guests := $(LINUX_GUEST) build/guests/hello.elf

iso: build/boot/typervisor.elf $(if $(filter typervisor.config.ts,$(CONFIG)),$(default_guests))
	@$(TSX) tools/iso.ts --config '$(CONFIG)' --out '$(OUT)'

run: iso
	@$(TSX) tools/run.ts --iso '$(OUT)' --memory '$(MEMORY)' --firmware '$(FIRMWARE)'

# tools/test.ts builds what it tests, so that a build that fails is counted like a test that does.
test:
	@$(TSX) tools/test.ts

bench: build/boot/typervisor.elf guests
	@$(TSX) test/bench/run.ts

schema:
	@$(TSX) tools/config/json-schema.ts schema/typervisor.schema.json

clean:
	rm -rf build

$(LINUX)/versions.json: tools/guests/fetch.ts tools/guests/packages.ts
	@$(TSX) tools/guests/fetch.ts $(LINUX)

build/guests/vmlinuz: $(LINUX)/versions.json
	@cp $(LINUX)/vmlinuz $@

build/guests/initrd.cpio: $(LINUX)/versions.json tools/guests/initramfs.ts tools/guests/cpio.ts tools/guests/entries.ts $(shell find tools/guests/files -type f)
	@$(TSX) tools/guests/initramfs.ts $(LINUX) $@

build/guests/debian.img: $(addprefix tools/guests/,debian.ts ext4.ts cpio.ts entries.ts packages.ts) $(shell find tools/guests/files/etc tools/guests/debian -type f)
	@mkdir -p $(@D)
	@$(TSX) tools/guests/debian.ts $@

# For tests: the first root with programs of Debian's packages, as tools/guests/programs.ts names them.
network_programs := iperf3 tcpdump tcpreplay
devices_programs := ethtool kexec-tools/kexec

.PRECIOUS: build/guests/programs/%/versions.json
build/guests/programs/%/versions.json: tools/guests/programs.ts tools/guests/packages.ts | $(LINUX)/versions.json
	@$(TSX) tools/guests/programs.ts $(@D) $($*_programs)

build/guests/%.cpio: build/guests/programs/%/versions.json $(LINUX)/versions.json tools/guests/initramfs.ts tools/guests/cpio.ts tools/guests/entries.ts $(shell find tools/guests/files -type f)
	@$(TSX) tools/guests/initramfs.ts $(LINUX) $@ $(<D)/root
