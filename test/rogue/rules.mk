# `make rogue CONFIG=path OUT=path`: a nucleus as it is shipped, with modules that turn rogue linked in the place of the real ones. The
# same rules, other entries.

ROGUE := build/rogue
rogue_sources := $(wildcard test/rogue/*.ts)

.PHONY: rogue rogue-nucleus
rogue: rogue-nucleus
	@$(TSX) tools/iso.ts --config '$(CONFIG)' --out '$(OUT)' --nucleus $(ROGUE)/typervisor.elf

rogue-nucleus: $(ELF)
	$(call begin_flavour,$(ROGUE),machine.wasm uart.wasm firmware.wasm configuration.wasm refusal.wasm console.wasm)
	@$(MAKE) --no-print-directory $(ROGUE)/typervisor.elf ELF=$(ROGUE)/typervisor.elf OBJ=$(ROGUE)/obj \
	  machine_entry=test/rogue/machine.ts machine_sources='$(machine_sources) $(rogue_sources)' \
	  uart_entry=test/rogue/driver.ts uart_sources='$(uart_sources) $(rogue_sources)' \
	  firmware_entry=test/rogue/firmware.ts firmware_sources='$(firmware_sources) $(rogue_sources)' \
	  configuration_entry=test/rogue/configuration.ts configuration_sources='$(configuration_sources) $(rogue_sources)' \
	  refusal_entry=test/rogue/refusal.ts refusal_sources='$(refusal_sources) $(rogue_sources)' \
	  console_entry=test/rogue/console.ts console_sources='$(console_sources) $(rogue_sources)'
