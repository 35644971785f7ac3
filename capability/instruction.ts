/** A decoded instruction, as the nucleus hands it to the machine that is to carry it out. */

/** Legacy prefixes of `Instruction.prefixes`. Of F2h and F3h only the last counts. Intel SDM vol. 2, 2.1.1. */
export namespace Prefix {
  export const Lock: u32 = 1 << 0 // F0h
  export const RepeatNotEqual: u32 = 1 << 1 // F2h
  export const Repeat: u32 = 1 << 2 // F3h
  export const OperandSize: u32 = 1 << 3 // 66h
  export const AddressSize: u32 = 1 << 4 // 67h
}

/** REX, in the place of `Instruction.rex`. Intel SDM vol. 2, 2.2.1.2. */
export namespace Rex {
  export const B: u32 = 1 << 0
  export const X: u32 = 1 << 1
  export const R: u32 = 1 << 2
  export const W: u32 = 1 << 3
  export const Present: u32 = 1 << 6
}

/** Opcode maps. Intel SDM vol. 2, appendix A. */
export namespace OpcodeMap {
  export const OneByte: u32 = 0
  export const TwoByte: u32 = 1 // 0Fh
  export const ThreeByte38: u32 = 2 // 0Fh 38h
  export const ThreeByte3A: u32 = 3 // 0Fh 3Ah
}

/** Segment registers in the order of their encoding. */
export namespace Segment {
  export const Es: u32 = 0
  export const Cs: u32 = 1
  export const Ss: u32 = 2
  export const Ds: u32 = 3
  export const Fs: u32 = 4
  export const Gs: u32 = 5
}

/** `base` or `index` of an operand that has none. */
export const NoRegister: u32 = 0xFF
/** `base` of a RIP-relative operand. */
export const RipRegister: u32 = 0x10

/** One decoded instruction. Fields that its encoding lacks are 0. */
@unmanaged export class Instruction {
  length: u8 //           00h  bytes
  map: u8 //              01h  OpcodeMap
  opcode: u8 //           02h  the last byte of the opcode
  reserved0: u8 //        03h
  prefixes: u8 //         04h  Prefix
  rex: u8 //              05h  REX
  operandSize: u8 //      06h  bytes; 1 where the opcode says byte
  addressSize: u8 //      07h  bytes
  modrm: u8 //            08h
  register: u8 //         09h  ModRM.reg with REX.R; the opcode's own register with REX.B where it names one (50h, 90h, B0h, B8h, 0F C8h rows)
  rm: u8 //               0Ah  ModRM.rm with REX.B where it names a register
  memory: u8 //           0Bh  1: there is a memory operand, by ModRM or by offset (A0h–A3h)
  segment: u8 //          0Ch  of the memory operand, or of a string instruction's source
  base: u8 //             0Dh  register, RipRegister or NoRegister; meaningful with `memory`
  index: u8 //            0Eh  register or NoRegister
  scale: u8 //            0Fh  shift count, 0–3
  displacement: i64 //    10h  sign-extended
  immediate: u64 //       18h  sign-extended where the instruction does so, else zero-extended
  secondImmediate: u16 // 20h  ENTER's nesting level, a far pointer's selector, EXTRQ's index
  reserved1: u16 //       22h
  reserved2: u32 //       24h
}
/** Bytes of Instruction. */
export const InstructionBytes: u32 = 0x28
