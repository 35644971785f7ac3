/** The interrupt wires between a VM's machine and its local APICs. */

/** Delivers an interrupt message, as an I/O APIC or an MSI does. `address` and `data` are laid out as in Intel SDM vol. 3, 11.11. */
@external('interrupt', 'message') export declare function message(address: u64, data: u32): void

/** Sets the level of the 8259 pair's INTR output, wired to LINT0 of the boot processor. */
@external('interrupt', 'intr') export declare function intr(level: bool): void
