# `make lengths-nucleus`: the nucleus as it is shipped but for one call: where the hardware tells an instruction's length, the decoder is asked too.

LENGTHS := build/lengths
lengths_source := $(LENGTHS)/source

.PHONY: lengths-nucleus
lengths-nucleus:
	@rm -rf $(lengths_source) && mkdir -p $(lengths_source) && cp -rp kernel vmx capability $(lengths_source)
	@cp -p test/lengths/compare.ts $(lengths_source)/kernel/vm/compare.ts
	@sed -i "s/let length = hardwareLength(vcpu)/let length = comparedLength(vcpu)/; 1a import { comparedLength } from './compare'" $(lengths_source)/kernel/vm/exits.ts
	@grep -q 'let length = comparedLength(vcpu)' $(lengths_source)/kernel/vm/exits.ts
	@$(MAKE) --no-print-directory $(LENGTHS)/typervisor.elf ELF=$(LENGTHS)/typervisor.elf OBJ=$(LENGTHS)/obj \
	  nucleus_entry=$(lengths_source)/kernel/index.ts nucleus_sources="$$(find $(lengths_source) -name '*.ts' | tr '\n' ' ')"
