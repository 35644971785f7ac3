# TypeScript to one Multiboot ELF: asc, wasm2c, gcc, ld. Provides build/typervisor.elf, and without debug information
# build/boot/typervisor.elf, which is the one to boot.

ASC := node_modules/.bin/asc
WASM2C := node_modules/.bin/wasm2c
TSX := node --import tsx
ESBUILD := node_modules/.bin/esbuild
OBJ := build/obj
ELF := build/typervisor.elf

SANDBOXES := machine firmware configuration refusal devices uart screen keyboard nvme ahci virtioblk virtionet e1000 pool fabric console
nucleus_entry := kernel/index.ts
# gcc does again what binaryen does at a higher level, which takes a second longer and saves no instruction.
nucleus_flags := --optimizeLevel 1
# Wasm has a load trap although nobody wants its value; the nucleus leans on no trap, and gcc compares and adds in memory where no load is forced.
nucleus_edits := ; s/^\#define FORCE_READ_INT(var).*/\#define FORCE_READ_INT(var)/
machine_entry := machine/index.ts
firmware_entry := services/firmware/index.ts
configuration_entry := services/configuration/index.ts
refusal_entry := services/refusal/index.ts
devices_entry := services/devices/index.ts
uart_entry := drivers/uart/index.ts
screen_entry := drivers/screen/index.ts
keyboard_entry := drivers/keyboard/index.ts
nvme_entry := drivers/nvme/index.ts
pool_entry := services/storage/index.ts
ahci_entry := drivers/ahci/index.ts
virtioblk_entry := drivers/virtioblk/index.ts
virtionet_entry := drivers/virtionet/index.ts
e1000_entry := drivers/e1000/index.ts
console_entry := services/console/index.ts
console_flags := --runtime minimal
# Not called switch, which is what its imports are called.
fabric_entry := services/switch/index.ts

nucleus_sources := $(shell find kernel vmx capability -name '*.ts')
machine_sources := $(shell find machine capability -name '*.ts')
firmware_sources := services/logline.ts $(shell find services/firmware capability -name '*.ts')
configuration_sources := services/crc32.ts services/logline.ts $(shell find services/configuration capability -name '*.ts')
refusal_sources := services/logline.ts $(shell find services/refusal capability -name '*.ts')
devices_sources := services/logline.ts $(shell find services/devices capability -name '*.ts')
uart_sources := $(shell find drivers/uart capability -name '*.ts')
screen_sources := $(shell find drivers/screen capability -name '*.ts')
keyboard_sources := $(shell find drivers/keyboard capability -name '*.ts')
nvme_sources := drivers/message.ts drivers/capability.ts drivers/watch.ts $(shell find drivers/nvme capability -name '*.ts')
pool_sources := services/logline.ts $(shell find services/storage capability -name '*.ts')
ahci_sources := drivers/message.ts drivers/capability.ts $(shell find drivers/ahci capability -name '*.ts')
virtioblk_sources := drivers/message.ts drivers/capability.ts drivers/watch.ts $(shell find drivers/virtio drivers/virtioblk capability -name '*.ts')
virtionet_sources := drivers/message.ts drivers/capability.ts $(shell find drivers/virtio drivers/net drivers/virtionet capability -name '*.ts')
e1000_sources := drivers/message.ts drivers/capability.ts $(shell find drivers/net drivers/e1000 capability -name '*.ts')
console_sources := $(shell find services/console capability -name '*.ts')
fabric_sources := services/logline.ts $(shell find services/switch capability -name '*.ts')

MODULES := nucleus $(SANDBOXES)
boot_headers := $(wildcard boot/*.h boot/include/*.h) boot/rules.mk

CFLAGS := -std=gnu11 -ffreestanding -nostdinc -isystem $(shell gcc -print-file-name=include) -Iboot/include -Iboot -I$(OBJ) \
  -mno-red-zone -mgeneral-regs-only -mcmodel=kernel -fno-pic -fno-stack-protector -fno-strict-aliasing -O3 -g1 \
  -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=.
WARNINGS := -Wall -Wextra -Werror -Wno-unused-parameter
GENERATED_WARNINGS := -w

$(OBJ)/.directory:
	@mkdir -p $(OBJ)/boot
	@touch $@

# What the build itself runs for every change is bundled once: node starts at once, where tsx would read and translate it each time.
$(OBJ)/tools/%.mjs: tools/%.ts $(shell find tools -name '*.ts') | $(OBJ)/.directory
	@$(ESBUILD) $< --bundle --platform=node --format=esm --packages=external --log-level=warning --outfile=$@

# Only what differs replaces what was there, so that a change that leaves a module's C as it was compiles nothing again.
# $(call replace,file): of file.new.
replace = @if cmp -s $(1).new $(1); then rm $(1).new; else mv $(1).new $(1); fi

define module_rules
$(OBJ)/$(1).wasm: $$($(1)_sources) asconfig.json package-lock.json boot/rules.mk | $(OBJ)/.directory
	@echo "  asc     $(1)"
	@$(ASC) $$($(1)_entry) --config asconfig.json $$($(1)_flags) -o $$@

$(OBJ)/$(1).made: $(OBJ)/$(1).wasm $(OBJ)/tools/symbols/lines.mjs
	@echo "  wasm2c  $(1)"
	@mkdir -p $(OBJ)/made
	@$(WASM2C) -n $(1) $$< -o $(OBJ)/made/$(1).c
	@sed -i 's/&((mem)->data\[addr\])/WASM_RT_LINEAR(mem, addr)/; s/static inline void memory_fill/static __attribute__((noinline)) void memory_fill/$$($(1)_edits)' $(OBJ)/made/$(1).c
	@node $(OBJ)/tools/symbols/lines.mjs $$< $$<.map $(OBJ)/made/$(1).c > $(OBJ)/$(1).lines.c.new
	@mv $(OBJ)/made/$(1).h $(OBJ)/$(1).h.new
	$$(call replace,$(OBJ)/$(1).lines.c)
	$$(call replace,$(OBJ)/$(1).h)
	@touch $$@

$(OBJ)/$(1).lines.c $(OBJ)/$(1).h: $(OBJ)/$(1).made ;
endef
$(foreach module,$(MODULES),$(eval $(call module_rules,$(module))))

# The nucleus is one file and by far the largest: gcc's link-time optimization is what compiles it on two CPUs at once.
NUCLEUS_FLAGS := $(CFLAGS) -O2 $(GENERATED_WARNINGS) -flto=2 -flto-compression-level=0 -flto-partition=balanced --param lto-partitions=8 -frandom-seed=nucleus \
  --param ggc-min-expand=400 --param ggc-min-heapsize=2000000
nucleus_header := boot/hw.h
$(OBJ)/nucleus.o: $(OBJ)/nucleus.lines.c $(boot_headers) $(nucleus_header)
	@echo "  gcc     nucleus"
	@gcc $(NUCLEUS_FLAGS) -include $(nucleus_header) -c $< -o $(OBJ)/made/nucleus.o
	@gcc $(NUCLEUS_FLAGS) -r -nostdlib -flinker-output=nolto-rel $(OBJ)/made/nucleus.o -o $@

# Traps that are alike are not merged, so that a report names the line of the one that was taken.
define sandbox_rules
$(OBJ)/$(1).imports.h: $(OBJ)/$(1).h boot/capability.h $(OBJ)/tools/modules.mjs
	@node $(OBJ)/tools/modules.mjs imports $(OBJ)/$(1).h boot/capability.h > $$@

$(OBJ)/$(1).o: $(OBJ)/$(1).lines.c $(OBJ)/$(1).imports.h $(boot_headers)
	@echo "  gcc     $(1)"
	@gcc $(CFLAGS) -fno-tree-tail-merge $(GENERATED_WARNINGS) -include boot/capability.h -include $(OBJ)/$(1).imports.h -c $$< -o $$@
endef
$(foreach module,$(SANDBOXES),$(eval $(call sandbox_rules,$(module))))

$(OBJ)/modules.made: $(MODULES:%=$(OBJ)/%.made) $(OBJ)/tools/modules.mjs
	@node $(OBJ)/tools/modules.mjs table $(OBJ)/modules.c.new $(OBJ)/sizes.inc.new $(MODULES:%=$(OBJ)/%.h)
	$(call replace,$(OBJ)/modules.c)
	$(call replace,$(OBJ)/sizes.inc)
	@touch $@

$(OBJ)/modules.c $(OBJ)/sizes.inc: $(OBJ)/modules.made ;

$(OBJ)/boot/modules.o: $(OBJ)/modules.c $(MODULES:%=$(OBJ)/%.h) $(boot_headers)
	@gcc $(CFLAGS) $(GENERATED_WARNINGS) -c $< -o $@

$(OBJ)/boot/%.o: boot/%.c $(boot_headers) $(OBJ)/nucleus.h
	@echo "  gcc     $<"
	@gcc $(CFLAGS) $(WARNINGS) -c $< -o $@

$(OBJ)/boot/%.o: boot/%.asm boot/layout.inc boot/registers.inc $(OBJ)/sizes.inc boot/rules.mk
	@echo "  nasm    $<"
	@nasm -f elf64 -g -F dwarf -I$(OBJ)/ $< -o $@

boot_objects := $(patsubst boot/%.asm,$(OBJ)/boot/%.o,$(wildcard boot/*.asm)) $(patsubst boot/%.c,$(OBJ)/boot/%.o,$(wildcard boot/*.c))

objects := $(boot_objects) $(OBJ)/boot/modules.o $(MODULES:%=$(OBJ)/%.o)
LINK := ld -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none -T linker.ld

# Linked twice: the table of TypeScript lines is made from the first link and lies behind all code, so that it moves none.
$(OBJ)/unsymbolized.elf: $(objects) linker.ld
	@echo "  ld      $@"
	@$(LINK) $(objects) -o $@

$(OBJ)/symbols.bin: $(OBJ)/unsymbolized.elf $(OBJ)/tools/symbols/table.mjs
	@echo "  lines   $@"
	@node $(OBJ)/tools/symbols/table.mjs $< $@

$(OBJ)/symbols.o: $(OBJ)/symbols.bin
	@cd $(OBJ) && objcopy -I binary -O elf64-x86-64 --rename-section .data=.symbols,alloc,load,readonly,data,contents symbols.bin symbols.o

$(ELF): $(objects) $(OBJ)/symbols.o linker.ld
	@echo "  ld      $@"
	@$(LINK) $(objects) $(OBJ)/symbols.o -o $@

build/boot/typervisor.elf: build/typervisor.elf
	@mkdir -p $(@D)
	@strip -o $@ $<

# $(call begin_flavour,folder,objects): a nucleus of another kind begins with the objects of the shipped one, but for those that differ.
begin_flavour = @[ -d $(1)/obj ] || { mkdir -p $(1) && cp -a $(OBJ) $(1)/obj && rm -f $(2:%=$(1)/obj/%); }
