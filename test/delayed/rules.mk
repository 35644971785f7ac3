# `make delayed-nucleus`: the nucleus as it is shipped, but that it is slow, at random, wherever its CPUs tell each other something.

DELAYED := build/delayed

.PHONY: delayed-nucleus
delayed-nucleus: $(ELF)
	$(call begin_flavour,$(DELAYED),nucleus.o)
	@$(MAKE) --no-print-directory $(DELAYED)/typervisor.elf ELF=$(DELAYED)/typervisor.elf OBJ=$(DELAYED)/obj nucleus_header=test/delayed/hw.h
