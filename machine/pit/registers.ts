/** Intel 8254 control words. Data sheet 231164, figures 7, 10 and 12. */

/** Input clock: 14.31818 MHz ÷ 12, as Linux and others take it. */
export namespace PitClock {
  export const Frequency: u64 = 1_193_182
}

/** Ports, from the first. */
export namespace Register {
  export const Control: u32 = 3
}

/** Fields of the control word. */
export namespace Control {
  export const Bcd: u32 = 1 << 0
  export const ModeShift: u32 = 1
  export const AccessShift: u32 = 4
  export const CounterShift: u32 = 6
  export const ReadBack: u32 = 3 // in place of a counter's number
}

/** Access field: which bytes of the count are read and written. */
export namespace Access {
  export const Latch: u32 = 0
  export const Low: u32 = 1
  export const High: u32 = 2
  export const Both: u32 = 3
}

/** Counter modes. */
export namespace Mode {
  export const TerminalCount: u32 = 0
  export const OneShot: u32 = 1
  export const RateGenerator: u32 = 2
  export const SquareWave: u32 = 3
  export const SoftwareStrobe: u32 = 4
  export const HardwareStrobe: u32 = 5
}

/** Bits of the read-back command; they are active low. */
export namespace ReadBack {
  export const NoStatus: u32 = 1 << 4
  export const NoCount: u32 = 1 << 5
}

/** Bits of the status byte; mode, access and BCD are as in the control word. */
export namespace Status {
  export const NullCount: u32 = 1 << 6
  export const Out: u32 = 1 << 7
}

/** System control port B, 61h. Intel ICH9 data sheet, 13.7.1. */
export namespace SystemControlB {
  export const Gate2: u32 = 1 << 0
  export const Speaker: u32 = 1 << 1
  export const RefreshToggle: u32 = 1 << 4
  export const Out2: u32 = 1 << 5
  export const Writable: u32 = 0x0f
}
