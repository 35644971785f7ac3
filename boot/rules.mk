# TypeScript to one Multiboot ELF: asc, wasm2c, gcc, ld. Provides build/typervisor.elf.

ASC := node_modules/.bin/asc
WASM2C := node_modules/.bin/wasm2c
TSX := node_modules/.bin/tsx
OBJ := build/obj

SANDBOXES := machine uart console
nucleus_entry := kernel/index.ts
machine_entry := machine/index.ts
uart_entry := drivers/uart/index.ts
console_entry := services/console/index.ts
console_flags := --runtime minimal

nucleus_sources := $(shell find kernel vmx capability -name '*.ts')
machine_sources := $(shell find machine capability -name '*.ts')
uart_sources := $(shell find drivers/uart capability -name '*.ts')
console_sources := $(shell find services/console capability -name '*.ts')

MODULES := nucleus $(SANDBOXES)
boot_headers := $(wildcard boot/*.h boot/include/*.h)

CFLAGS := -std=gnu11 -ffreestanding -nostdinc -isystem $(shell gcc -print-file-name=include) -Iboot/include -Iboot -I$(OBJ) \
  -mno-red-zone -mgeneral-regs-only -mcmodel=kernel -fno-pic -fno-stack-protector -fno-strict-aliasing -O2 -g \
  -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)/=
WARNINGS := -Wall -Wextra -Werror -Wno-unused-parameter
GENERATED_WARNINGS := -w

$(OBJ)/.directory:
	@mkdir -p $(OBJ)/boot
	@touch $@

# The C is told apart from what it was before by its content, so that only what changed is compiled again.
define module_rules
$(OBJ)/$(1).wasm: $$($(1)_sources) asconfig.json package.json boot/rules.mk | $(OBJ)/.directory
	@echo "  asc     $(1)"
	@$(ASC) $$($(1)_entry) --config asconfig.json $$($(1)_flags) -o $$@

$(OBJ)/$(1).c: $(OBJ)/$(1).wasm boot/rules.mk
	@echo "  wasm2c  $(1)"
	@$(WASM2C) -n $(1) $$< -o $$@
	@sed -i 's/&((mem)->data\[addr\])/WASM_RT_LINEAR(mem, addr)/; s/static inline void memory_fill/static __attribute__((noinline)) void memory_fill/' $$@

$(OBJ)/$(1).h: $(OBJ)/$(1).c ;
endef
$(foreach module,$(MODULES),$(eval $(call module_rules,$(module))))

$(OBJ)/nucleus.o: $(OBJ)/nucleus.c $(boot_headers)
	@echo "  gcc     nucleus"
	@gcc $(CFLAGS) $(GENERATED_WARNINGS) -include boot/hw.h -c $< -o $@

define sandbox_rules
$(OBJ)/$(1).imports.h: $(OBJ)/$(1).h boot/capability.h tools/modules.ts
	@$(TSX) tools/modules.ts imports $(OBJ)/$(1).h boot/capability.h > $$@

$(OBJ)/$(1).o: $(OBJ)/$(1).c $(OBJ)/$(1).imports.h $(boot_headers)
	@echo "  gcc     $(1)"
	@gcc $(CFLAGS) $(GENERATED_WARNINGS) -include boot/capability.h -include $(OBJ)/$(1).imports.h -c $$< -o $$@
endef
$(foreach module,$(SANDBOXES),$(eval $(call sandbox_rules,$(module))))

$(OBJ)/modules.c: $(MODULES:%=$(OBJ)/%.h) tools/modules.ts
	@$(TSX) tools/modules.ts table $(MODULES:%=$(OBJ)/%.h) > $@

$(OBJ)/sizes.inc: $(OBJ)/nucleus.wasm tools/modules.ts
	@$(TSX) tools/modules.ts sizes $< > $@

$(OBJ)/boot/modules.o: $(OBJ)/modules.c $(boot_headers)
	@gcc $(CFLAGS) $(GENERATED_WARNINGS) -c $< -o $@

$(OBJ)/boot/%.o: boot/%.c $(boot_headers) $(OBJ)/nucleus.h
	@echo "  gcc     $<"
	@gcc $(CFLAGS) $(WARNINGS) -c $< -o $@

$(OBJ)/boot/%.o: boot/%.asm boot/layout.inc $(OBJ)/sizes.inc
	@echo "  nasm    $<"
	@nasm -f elf64 -g -F dwarf -I$(OBJ)/ $< -o $@

boot_objects := $(patsubst boot/%.asm,$(OBJ)/boot/%.o,$(wildcard boot/*.asm)) $(patsubst boot/%.c,$(OBJ)/boot/%.o,$(wildcard boot/*.c))

build/typervisor.elf: $(boot_objects) $(OBJ)/boot/modules.o $(MODULES:%=$(OBJ)/%.o) linker.ld
	@echo "  ld      $@"
	@ld -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none -T linker.ld $(boot_objects) $(OBJ)/boot/modules.o $(MODULES:%=$(OBJ)/%.o) -o $@
