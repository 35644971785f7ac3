/** Where this board's parts answer, and on which wires they interrupt: what the devices and the ACPI tables must agree on. */

/** I/O ports. Ranges are given by their first port. */
export namespace Port {
  export const PicMaster: u32 = 0x20 // 20h–21h
  export const Pit: u32 = 0x40 // 40h–43h
  export const KeyboardData: u32 = 0x60
  export const SystemControlB: u32 = 0x61
  export const KeyboardCommand: u32 = 0x64
  export const Rtc: u32 = 0x70 // 70h–71h
  export const PostCode: u32 = 0x80
  export const SystemControlA: u32 = 0x92
  export const PicSlave: u32 = 0xa0 // A0h–A1h
  export const Debug: u32 = 0xe9
  export const CoprocessorError: u32 = 0xf0
  export const Com1: u32 = 0x3f8 // 3F8h–3FFh
  export const Elcr: u32 = 0x4d0 // 4D0h–4D1h
  export const Pm1aEvent: u32 = 0x600 // 2 bytes of status, 2 bytes of enable
  export const Pm1aControl: u32 = 0x604 // 2 bytes
  export const PmTimer: u32 = 0x608 // 4 bytes
  export const Gpe0: u32 = 0x620 // 2 bytes of status, 2 bytes of enable
  export const Processors: u32 = 0x640 // 16 bytes: machine/processors/registers.ts
  export const PciAddress: u32 = 0xcf8 // 4 bytes
  export const ResetControl: u32 = 0xcf9
  export const PciData: u32 = 0xcfc // 4 bytes
  export const PciWindow: u32 = 0x1000 // from here on ports are PCI functions'; the board has none
}

/** Lengths of the ACPI register blocks in bytes, as the FADT states them. */
export namespace BlockLength {
  export const Pm1aEvent: u32 = 4
  export const Pm1aControl: u32 = 2
  export const PmTimer: u32 = 4
  export const Gpe0: u32 = 4
  export const Processors: u32 = 16
}

/** Guest physical addresses of device registers. */
export namespace Mmio {
  // RAM may reach up to 3 GiB (C000_0000h), so that configuration space has to lie above.
  export const Ecam: u64 = 0xe000_0000
  export const EcamSize: u64 = 0x1000_0000
  export const IoApic: u64 = 0xfec0_0000
  export const IoApicSize: u64 = 0x1000
  export const Hpet: u64 = 0xfed0_0000
  export const HpetSize: u64 = 0x400
  export const LocalApic: u64 = 0xfee0_0000
  // What is left for the memory windows of PCI functions.
  export const PciWindow: u64 = 0xc000_0000
  export const PciWindowSize: u64 = 0x2000_0000
}

/** PCI buses behind ECAM, as the MCFG table states them. */
export namespace PciBus {
  export const First: u32 = 0
  export const Last: u32 = 255
}

/** Device numbers on bus 0. */
export namespace Slot {
  // 0 is the host bridge
  export const Entropy: u32 = 1
  export const FirstDisk: u32 = 2 // to 9
  export const FirstInterface: u32 = 10 // to 17
  export const Balloon: u32 = 18
  export const Console: u32 = 19
}

/** ISA interrupt lines. Line n is input n of the 8259 pair and of the I/O APIC, except that line 0 is the I/O APIC's input 2. */
export namespace Line {
  export const Timer: u32 = 0 // 8254 channel 0, or HPET timer 0
  export const Keyboard: u32 = 1
  export const Com1: u32 = 4
  export const Rtc: u32 = 8 // MC146818, or HPET timer 1
  export const Sci: u32 = 9 // level-triggered, active high
  export const Ferr: u32 = 13
}

/** The I/O APIC: its pins are GSI 0 to 23; its id is the number of vCPUs that there can be, the first that no local APIC has. */
export namespace IoApicFact {
  export const Pins: u32 = 24
  export const TimerPin: u32 = 2
  // Four inputs for PCI INTA#–INTD#, then four that HPET timers may be routed to. Level-triggered, active high.
  export const PciPin: u32 = 16
  export const HpetPin: u32 = 20
}

/** HPET identity, as in its General Capabilities register and in the ACPI HPET table. IA-PC HPET 1.0a, 2.3.4. */
export namespace HpetFact {
  export const BlockId: u32 = 0x8086_a201 // vendor 8086h, legacy replacement, 64-bit counter, 3 timers, revision 1
  export const PeriodFemtoseconds: u32 = 10_000_000 // 100 MHz
  export const MinimumTick: u32 = 100
}

/** Inputs of the general-purpose event block. */
export namespace GeneralEvent {
  export const Processors: u32 = 0 // processors have come, or are asked for: method _E00
  export const All: u32 = 1 << Processors
}

/** Values that the ACPI tables promise. ACPI 6.5, 4.8.3 and 4.8.4. */
export namespace AcpiFact {
  export const ResetValue: u32 = 0x06 // to Port.ResetControl
  export const SleepTypeS5: u32 = 5 // SLP_TYPa
  export const PmTimerBits: u32 = 24 // TMR_VAL_EXT is clear
  export const CenturyRegister: u32 = 0x32 // CMOS index of the century
}
