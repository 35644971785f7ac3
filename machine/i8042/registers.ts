/** Intel 8042 keyboard controller as the IBM PC AT and PS/2 program it. IBM PS/2 hardware interface technical reference, "Keyboard and auxiliary device controller". */

/** Status register, read at port 64h. */
export namespace Status {
  export const OutputFull: u32 = 1 << 0
  export const System: u32 = 1 << 2 // the self-test has passed
  export const Command: u32 = 1 << 3 // the last write was to port 64h
  export const Unlocked: u32 = 1 << 4 // keyboard not inhibited by its lock
  export const AuxiliaryData: u32 = 1 << 5
  export const Timeout: u32 = 1 << 6
}

/** Controller command byte, RAM location 0. */
export namespace CommandByte {
  export const KeyboardInterrupt: u32 = 1 << 0
  export const AuxiliaryInterrupt: u32 = 1 << 1
  export const System: u32 = 1 << 2
  export const DisableKeyboard: u32 = 1 << 4
  export const DisableAuxiliary: u32 = 1 << 5
  export const Translate: u32 = 1 << 6
}

/** Commands, written to port 64h. */
export namespace Command {
  export const ReadRam: u32 = 0x20 // to 3Fh
  export const WriteRam: u32 = 0x60 // to 7Fh
  export const DisableAuxiliary: u32 = 0xa7
  export const EnableAuxiliary: u32 = 0xa8
  export const TestAuxiliary: u32 = 0xa9
  export const SelfTest: u32 = 0xaa
  export const TestKeyboard: u32 = 0xab
  export const DisableKeyboard: u32 = 0xad
  export const EnableKeyboard: u32 = 0xae
  export const ReadInputPort: u32 = 0xc0
  export const ReadOutputPort: u32 = 0xd0
  export const WriteOutputPort: u32 = 0xd1
  export const WriteKeyboardOutput: u32 = 0xd2
  export const WriteAuxiliaryOutput: u32 = 0xd3
  export const WriteAuxiliary: u32 = 0xd4
  export const ReadTestInputs: u32 = 0xe0
  export const PulseOutput: u32 = 0xf0 // to FFh; the bits that are clear are pulsed
}

/** Output port. */
export namespace OutputPort {
  export const NotReset: u32 = 1 << 0
  export const A20: u32 = 1 << 1
  export const OutputFull: u32 = 1 << 4
  export const Fixed: u32 = 0xcc // the lines of the keyboard and the auxiliary device, idle
}

/** What the controller answers. */
export namespace Reply {
  export const SelfTestPassed: u32 = 0x55
  export const TestPassed: u32 = 0x00
  export const ClockStuckLow: u32 = 0x01
  export const Resend: u32 = 0xfe // with Status.Timeout: no device answered
}
