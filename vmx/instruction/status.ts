/** What `decode` answers. */
export namespace DecodeStatus {
  export const Ok: i32 = 0
  export const TooShort: i32 = 1 // the instruction goes on after the last available byte
  export const Invalid: i32 = 2 // no such instruction in this mode: #UD
  export const TooLong: i32 = 3 // more than 15 bytes: #GP(0). Intel SDM vol. 2, 2.3.11
  export const Fault: i32 = 4 // `decodeAt` only: the bytes cannot be fetched; vmx/guest/fault.ts says why
  export const Vector: i32 = 5 // behind VEX, EVEX or XOP, which nobody here carries out: what follows is not looked at
}

/** The longest instruction there is. Intel SDM vol. 2, 2.3.11. */
export const LongestInstruction: u32 = 15

/** Bytes that must be readable from where `decode` starts, whatever `available` says: it looks before it counts. */
export const DecodeWindow: u32 = 32
