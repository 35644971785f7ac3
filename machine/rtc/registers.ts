/** MC146818 registers. Motorola data sheet MC146818/D; the CMOS bytes are those of the IBM AT and its successors. */

/** Index register values. */
export namespace Register {
  export const Seconds: u32 = 0x00
  export const SecondsAlarm: u32 = 0x01
  export const Minutes: u32 = 0x02
  export const MinutesAlarm: u32 = 0x03
  export const Hours: u32 = 0x04
  export const HoursAlarm: u32 = 0x05
  export const DayOfWeek: u32 = 0x06
  export const DayOfMonth: u32 = 0x07
  export const Month: u32 = 0x08
  export const Year: u32 = 0x09
  export const A: u32 = 0x0a
  export const B: u32 = 0x0b
  export const C: u32 = 0x0c
  export const D: u32 = 0x0d
  export const EquipmentByte: u32 = 0x14
  export const BaseMemory: u32 = 0x15 // KiB, 2 bytes
  export const ExtendedMemory: u32 = 0x17 // KiB above 1 MiB, 2 bytes
  export const ExtendedMemoryFound: u32 = 0x30 // the same, as found by the firmware
  export const Century: u32 = 0x32
  export const MemoryAbove16MiB: u32 = 0x34 // 64 KiB units, 2 bytes
  export const MemoryAbove4GiB: u32 = 0x5b // 64 KiB units, 3 bytes
  export const Count: u32 = 0x80
}

/** Register A. */
export namespace A {
  export const Rate: u32 = 0x0f
  export const Divider: u32 = 0x70
  export const DividerReset: u32 = 0x60 // 110 and 111
  export const UpdateInProgress: u32 = 0x80
  export const Normal: u32 = 0x26 // 32768 Hz time base, periodic rate 1024 Hz
}

/** Register B. */
export namespace B {
  export const Hours24: u32 = 1 << 1
  export const Binary: u32 = 1 << 2
  export const UpdateEnable: u32 = 1 << 4
  export const AlarmEnable: u32 = 1 << 5
  export const PeriodicEnable: u32 = 1 << 6
  export const Set: u32 = 1 << 7
}

/** Register C: flags, in the places of their enable bits in register B. */
export namespace C {
  export const Update: u32 = 1 << 4
  export const Alarm: u32 = 1 << 5
  export const Periodic: u32 = 1 << 6
  export const Request: u32 = 1 << 7
}

/** Register D. */
export namespace D {
  export const ValidRamAndTime: u32 = 1 << 7
}

/** Alarm and hour bytes. */
export namespace Field {
  export const DoNotCare: u32 = 0xc0 // alarm bytes C0h–FFh match always
  export const Pm: u32 = 0x80
}
