/** Intel 8259A command words. Data sheet 231468, figures 7 and 8. */

/** Initialization command word 1: D4 marks it. */
export namespace Icw1 {
  export const Ic4: u32 = 1 << 0 // ICW4 follows
  export const Single: u32 = 1 << 1 // no ICW3
  export const Mark: u32 = 1 << 4
}

/** Initialization command word 4. */
export namespace Icw4 {
  export const AutoEoi: u32 = 1 << 1
  export const SpecialFullyNested: u32 = 1 << 4
}

/** Operation command word 2: R, SL and EOI in bits 7–5, the level in bits 2–0. */
export namespace Ocw2 {
  export const ClearRotateInAutoEoi: u32 = 0
  export const NonSpecificEoi: u32 = 1
  export const SpecificEoi: u32 = 3
  export const SetRotateInAutoEoi: u32 = 4
  export const RotateOnNonSpecificEoi: u32 = 5
  export const SetPriority: u32 = 6
  export const RotateOnSpecificEoi: u32 = 7
}

/** Operation command word 3: D3 marks it. */
export namespace Ocw3 {
  export const ReadIsr: u32 = 1 << 0
  export const ReadRegister: u32 = 1 << 1
  export const Poll: u32 = 1 << 2
  export const Mark: u32 = 1 << 3
  export const SpecialMask: u32 = 1 << 5
  export const EnableSpecialMask: u32 = 1 << 6
}

/** Input of the master that the slave's INT is wired to. */
export namespace Cascade {
  export const Input: u32 = 2
}

/** Edge/level control: which inputs may be made level-triggered. Intel ICH9 data sheet, 13.4.10 and 13.4.11. */
export namespace ElcrMask {
  export const Master: u32 = 0xf8
  export const Slave: u32 = 0xde
}
