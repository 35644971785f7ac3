/**
 * The firmware's memory, granted to the sandbox that reads the ACPI tables in it; and the layout of the record that this sandbox leaves for
 * the nucleus, which copies it, checks it and ends the sandbox.
 */

/** How a register is reached. */
export namespace RegisterSpace {
  export const None: u32 = 0 // there is no such register
  export const Port: u32 = 1
  export const Memory: u32 = 2
}

/** A register of the fixed hardware. */
@unmanaged export class Register {
  address: u64 // 00h
  space: u32 //   08h  RegisterSpace
  bits: u32 //    0Ch  that it has, or counts in
}

/** Where an ISA interrupt arrives. */
@unmanaged export class IsaInterrupt {
  globalInterrupt: u32 // 00h
  flags: u32 //           04h  bits 1:0 polarity, 3:2 trigger mode; 0 is the bus's own, 1 high or edge, 3 low or level
}

/** One segment's configuration space: the function at bus b, device d, function f is at `base` + (b << 20 | d << 15 | f << 12). */
@unmanaged export class ConfigurationSpace {
  base: u64 //     00h
  segment: u32 //  08h
  firstBus: u16 // 0Ch
  lastBus: u16 //  0Eh
}

/** An I/O APIC. */
@unmanaged export class IoApic {
  address: u64 //             00h
  id: u32 //                  08h
  globalInterruptBase: u32 // 0Ch
}

/** A local interrupt pin wired to NMI. */
@unmanaged export class LocalNmi {
  uid: u32 //   00h  all ones: every processor
  pin: u32 //   04h  LINT0 or LINT1
  flags: u32 // 08h  as IsaInterrupt's
}

/** A processor that can be started. */
@unmanaged export class Cpu {
  apicId: u32 // 00h
  uid: u32 //    04h  ACPI's number for it
}

/** How many of each the record has room for. */
export namespace Capacity {
  export const Isa: u32 = 16
  export const ConfigurationSpaces: u32 = 16
  export const IoApics: u32 = 32
  export const LocalNmis: u32 = 32
  export const Cpus: u32 = 512
}

/** What the tables say, and the clock. All zero is a machine without ACPI. */
@unmanaged export class AcpiRecord {
  hpetAddress: u64 //             00h  0: none
  localApicAddress: u64 //        08h
  configurationSpaceCount: u32 // 10h
  ioApicCount: u32 //             14h
  localNmiCount: u32 //           18h
  cpuCount: u32 //                1Ch
  hasFixedHardware: u32 //        20h  a usable FADT was found
  flags: u32 //                   24h  the FADT's
  sciInterrupt: u32 //            28h  the SCI's number: of a global interrupt, or of an 8259 input
  smiCommand: u32 //              2Ch  port that switches ACPI mode on when acpiEnable is written; 0: it always is
  acpiEnable: u32 //              30h
  resetValue: u32 //              34h
  century: u32 //                 38h  CMOS index of the century; 0: none
  bootArchitecture: u32 //        3Ch  IAPC_BOOT_ARCH; bit 1: there is an 8042
  hasLegacyPic: u32 //            40h  a pair of 8259s is there, to be masked
  hasSleepState5: u32 //          44h  the two below are known
  sleepTypeA: u32 //              48h  SLP_TYP, 0-7, for PM1a control
  sleepTypeB: u32 //              4Ch  for PM1b control

  /** Sleep type in bits 12:10, sleep enable in bit 13. ACPI 6.5, 4.8.3.2. */
  @inline get pm1aControl(): Register { return this.register(0) }
  /** On machines with two register blocks. */
  @inline get pm1bControl(): Register { return this.register(1) }
  /** Counts at 3,579,545 Hz in 24 or 32 bits. 4.8.3.3. */
  @inline get pmTimer(): Register { return this.register(2) }
  /** Writing `resetValue` here resets the machine. 4.8.3.6. */
  @inline get resetRegister(): Register { return this.register(3) }

  @inline register(index: u32): Register { return changetype<Register>(this.at(0x50, index << 4)) }
  @inline isaInterrupt(irq: u32): IsaInterrupt { return changetype<IsaInterrupt>(this.at(0x90, irq << 3)) }
  @inline configurationSpace(index: u32): ConfigurationSpace { return changetype<ConfigurationSpace>(this.at(0x110, index << 4)) }
  @inline ioApic(index: u32): IoApic { return changetype<IoApic>(this.at(0x210, index << 4)) }
  @inline localNmi(index: u32): LocalNmi { return changetype<LocalNmi>(this.at(0x410, index * 12)) }
  @inline cpu(index: u32): Cpu { return changetype<Cpu>(this.at(0x590, index << 3)) }

  /** Seconds since 1970-01-01 00:00 UTC at boot, by the host's clock; 0: it has none. */
  @inline get epoch(): u64 { return load<u64>(this.at(0x1590, 0)) }
  @inline set epoch(seconds: u64) { store<u64>(this.at(0x1590, 0), seconds) }

  @inline private at(rows: usize, offset: usize): usize { return changetype<usize>(this) + rows + offset }
}
/** Bytes of an I/O APIC's registers: two are shown, at 00h and 10h. 82093AA data sheet, 3.0. */
export const IoApicBytes: u64 = 0x20
/** Of an HPET's. IA-PC HPET specification 1.0a, 2.3.1. */
export const HpetBytes: u64 = 1024

/** Bytes of an AcpiRecord with all its rows. */
export const AcpiRecordBytes: u32 = 0x1598

/** What the boot loader gave of an RSDP. */
@unmanaged export class RsdpCopy {
  bytes: u32 // 00h  0: nothing
  // 04h  64 bytes
  @inline get copy(): usize { return changetype<usize>(this) + 4 }
}
/** Bytes that are kept of an RSDP, at most. */
export const RsdpCapacity: u32 = 64

/** What the boot loader told of where the tables are. */
@unmanaged export class RootPointers {
  efiSystemTable: u64 // 00h  0 when the machine was not booted by EFI, or the boot loader does not say
  /** ACPI 2.0's. */
  @inline get newer(): RsdpCopy { return changetype<RsdpCopy>(changetype<usize>(this) + 8) }
  /** ACPI 1.0's. */
  @inline get older(): RsdpCopy { return changetype<RsdpCopy>(changetype<usize>(this) + 76) }
}
/** Bytes of RootPointers with both copies. */
export const RootPointersBytes: u32 = 144

/** Copies the 4 KiB that hold `hpa` to `target`; false when they are not the firmware's, or not mapped. */
@external('firmware', 'page') export declare function page(hpa: u64, target: usize): bool

/** True where registers of a device may lie: the `bytes` from `hpa` on are mapped, and none of them is RAM. */
@external('firmware', 'isDevice') export declare function isDevice(hpa: u64, bytes: u64): bool

/** Copies a RootPointers to `target`. */
@external('firmware', 'rootPointers') export declare function rootPointers(target: usize): bool
