# `make instrumented-nucleus`: the nucleus as it is shipped but for four calls. Where the hardware tells an instruction's length, the decoder is asked
# too; before a VM is entered whose name asks for it, its control block is spoiled; the local APICs are in x2APIC mode, where they can be; and one
# model of CPU refuses VMXON.

INSTRUMENTED := build/instrumented
instrumented_source := $(INSTRUMENTED)/source

.PHONY: instrumented-nucleus
instrumented-nucleus: $(ELF) $(instrumented_source)/.made
	$(call begin_flavour,$(INSTRUMENTED),nucleus.wasm)
	@$(MAKE) --no-print-directory $(INSTRUMENTED)/typervisor.elf ELF=$(INSTRUMENTED)/typervisor.elf OBJ=$(INSTRUMENTED)/obj \
	  nucleus_entry=$(instrumented_source)/kernel/index.ts nucleus_sources="$$(find $(instrumented_source) -name '*.ts' | tr '\n' ' ')"

$(instrumented_source)/.made: $(nucleus_sources) $(wildcard test/instrumented/*)
	@rm -rf $(instrumented_source) && mkdir -p $(instrumented_source) && cp -rp kernel vmx capability $(instrumented_source)
	@cp -p test/instrumented/compare.ts test/instrumented/spoil.ts $(instrumented_source)/kernel/vm/
	@cp -p test/instrumented/mode.ts $(instrumented_source)/kernel/interrupts/
	@cp -p test/instrumented/revision.ts $(instrumented_source)/vmx/intel/
	@sed -i "s/let length = hardwareLength(vcpu)/let length = comparedLength(vcpu)/; 1a import { comparedLength } from './compare'" $(instrumented_source)/kernel/vm/exits.ts
	@sed -i "s/^    run(vcpu)$$/    spoil(vcpu); run(vcpu)/; 1a import { spoil } from './spoil'" $(instrumented_source)/kernel/vm/run.ts
	@sed -i "s/^  const value = hw.readMsr(ApicBaseMsr)$$/  beginInX2ApicMode(); const value = hw.readMsr(ApicBaseMsr)/; 1a import { beginInX2ApicMode } from './mode'" $(instrumented_source)/kernel/interrupts/localapic.ts
	@sed -i "s/^  hw.store32(save, vmcsRevision())$$/  hw.store32(save, spoiledRevision())/; 1a import { spoiledRevision } from './revision'" $(instrumented_source)/vmx/intel/enable.ts
	@grep -q 'let length = comparedLength(vcpu)' $(instrumented_source)/kernel/vm/exits.ts && grep -q 'spoil(vcpu); run(vcpu)' $(instrumented_source)/kernel/vm/run.ts \
	  && grep -q 'beginInX2ApicMode(); const value' $(instrumented_source)/kernel/interrupts/localapic.ts \
	  && grep -q 'spoiledRevision())' $(instrumented_source)/vmx/intel/enable.ts
	@touch $@
