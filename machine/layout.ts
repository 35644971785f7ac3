/**
 * What a VM's low memory holds when its first instruction runs. All of it is plain RAM in hardware.
 *
 *   0000_0000  interrupt vectors and BIOS data area           RAM; the loader fills in what old kernels read there
 *   0000_0500  free                                           RAM; Linux 2.4 unpacks itself from 2000h to 90000h
 *   0009_0000  boot information: zero page, memory map,       RAM; each structure lies at the lowest address that neither
 *              command line, GDT, page tables, module list         the kernel nor another takes; elsewhere if that is full
 *   0009_D000  free                                           RAM; newer Linux borrows it to switch paging modes
 *   0009_FC00  extended BIOS data area                        reserved; its first byte is its size in KiB
 *   000A_0000  nothing                                        reserved: the display and option ROM areas of a PC
 *   000E_0000  ACPI: RSDP, FACS, then the other tables        reserved
 *   0010_0000  the kernel, its modules and initrd             RAM up to min(size, 3 GiB)
 *   C000_0000  PCI windows and device registers               see addresses.ts
 * 1_0000_0000  the rest of the RAM
 *
 * Linux reads what it was passed after it has started to write to those two areas.
 */
export namespace Layout {
  export const BiosDataEnd: u64 = 0x500
  export const LowFree: u64 = 0x1000
  export const BootInformation: u64 = 0x9_0000
  export const BootInformationEnd: u64 = 0x9_d000
  export const ExtendedBiosData: u64 = 0x9_fc00
  export const LowReserved: u64 = 0xa_0000
  export const Acpi: u64 = 0xe_0000
  export const AcpiSize: u64 = 0x2_0000
  export const HighMemory: u64 = 0x10_0000
}

/** RAM below 4 GiB ends here at the latest, as capability/ram.ts says. */
@inline export const LOW_RAM_LIMIT: u64 = 0xc000_0000

/** Where RAM goes on. */
@inline export const HIGH_RAM_BASE: u64 = 0x1_0000_0000
