# The test guests: each test/guests/NAME/index.ts becomes a Multiboot 1, Multiboot 2 and PVH kernel, build/guests/NAME.elf, by the
# toolchain that builds the hypervisor. Included by the Makefile; `make -f test/guests/rules.mk build/guests/hello.elf` works alone.

GUESTS := hello spin flood storm selftest hostile bench memory clocks ring sleeper
GUEST_BUILD := build/guests
GUEST_START := test/guests/start
GUEST_CFLAGS := -std=gnu11 -ffreestanding -mno-red-zone -mgeneral-regs-only -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables \
  -fcf-protection=none -O2 -g -ffile-prefix-map=$(CURDIR)=. -fno-omit-frame-pointer -Wall -Wno-unused -Wno-array-bounds -Wno-cast-function-type -DNDEBUG -I$(GUEST_START)
GUEST_MEMORY := 0x100000

.PHONY: guests
guests: $(GUESTS:%=$(GUEST_BUILD)/%.elf) $(GUEST_BUILD)/floor.elf $(GUEST_BUILD)/firmware.bin

$(GUEST_BUILD)/%/guest.wasm: test/guests/%/index.ts $(wildcard test/guests/platform/*.ts test/guests/*/*.ts) asconfig.json
	@mkdir -p $(@D)
	@node_modules/.bin/asc $< -o $@

$(GUEST_BUILD)/%/guest.c: $(GUEST_BUILD)/%/guest.wasm
	@node_modules/.bin/wasm2c $< -n guest -o $@ 2>/dev/null

$(GUEST_BUILD)/%/guest.o: $(GUEST_BUILD)/%/guest.c $(GUEST_START)/hw.h $(GUEST_START)/wasm-rt.h
	@gcc $(GUEST_CFLAGS) -include $(GUEST_START)/hw.h -c $< -o $@

$(GUEST_BUILD)/%/start.o: $(GUEST_START)/start.c $(GUEST_BUILD)/%/guest.c $(GUEST_START)/hw.h $(GUEST_START)/wasm-rt.h
	@gcc $(GUEST_CFLAGS) -include $(GUEST_START)/hw.h -DGUEST_HEADER='"../../../$(@D)/guest.h"' -DLINEAR_MEMORY_LIMIT=$(GUEST_MEMORY) -c $< -o $@

$(GUEST_BUILD)/start/%.o: $(GUEST_START)/%.asm
	@mkdir -p $(@D)
	@nasm -f elf64 -g -w-number-overflow $< -o $@

# Instructions that TypeScript cannot say, as pieces of code for `hw.execute`.
$(GUEST_BUILD)/code/%.o: test/guests/%.asm test/guests/start/code.inc
	@mkdir -p $(@D)
	@nasm -f elf64 -g -Itest/guests/start/ $< -o $@

guest_code = $(patsubst test/guests/%.asm,$(GUEST_BUILD)/code/%.o,$(wildcard test/guests/$(1)/*.asm test/guests/platform/*.asm))

define guest_link
$(GUEST_BUILD)/$(1).elf: $(GUEST_BUILD)/start/entry.o $(GUEST_BUILD)/start/interrupt.o $(GUEST_BUILD)/$(1)/guest.o $(GUEST_BUILD)/$(1)/start.o $(call guest_code,$(1)) $(GUEST_START)/guest.ld
	@ld -n -nostdlib -z noexecstack --gc-sections -T $(GUEST_START)/guest.ld -o $(GUEST_BUILD)/$(1)/linked.elf $$(filter %.o,$$^)
	@objcopy --strip-debug -O elf32-i386 $(GUEST_BUILD)/$(1)/linked.elf $$@
endef
$(foreach guest,$(GUESTS),$(eval $(call guest_link,$(guest))))

$(GUEST_BUILD)/floor.elf: test/guests/floor/floor.asm $(GUEST_BUILD)/start/entry.o $(GUEST_START)/guest.ld
	@mkdir -p $(GUEST_BUILD)/floor
	@nasm -f elf64 -g $< -o $(GUEST_BUILD)/floor/floor.o
	@ld -n -nostdlib -z noexecstack -T $(GUEST_START)/guest.ld -o $(GUEST_BUILD)/floor/linked.elf $(GUEST_BUILD)/start/entry.o $(GUEST_BUILD)/floor/floor.o
	@objcopy --strip-debug -O elf32-i386 $(GUEST_BUILD)/floor/linked.elf $@

$(GUEST_BUILD)/firmware.bin: test/guests/firmware/firmware.asm
	@mkdir -p $(@D)
	@nasm -f bin $< -o $@

.PRECIOUS: $(GUEST_BUILD)/%/guest.c $(GUEST_BUILD)/%/guest.wasm
