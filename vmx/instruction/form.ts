/**
 * What the opcode maps say of one opcode: what follows it and how large its operands are.
 * The letters are those of Intel SDM vol. 2, appendix A.2.
 */
export namespace Form {
  /** Bits 0–3: the immediate. */
  export const Immediate: u16 = 0x000F
  export const Ib: u16 = 1 // byte
  export const Ibs: u16 = 2 // byte, sign-extended to the operand size
  export const Iw: u16 = 3 // word
  export const Iz: u16 = 4 // word or doubleword, sign-extended
  export const Iv: u16 = 5 // word, doubleword or quadword
  export const IwIb: u16 = 6 // ENTER
  export const Ap: u16 = 7 // far pointer
  export const Jb: u16 = 8 // branch, byte
  export const Jz: u16 = 9 // branch, word or doubleword
  export const O: u16 = 10 // the operand's offset, as wide as an address
  export const Group3: u16 = 11 // F6h, F7h: only TEST has one
  export const IbIb: u16 = 12 // EXTRQ and INSERTQ, which only a prefix tells from VMREAD

  export const E: u16 = 0x0010 // ModRM follows
  export const Byte: u16 = 0x0020 // operands are bytes
  export const Default64: u16 = 0x0040 // 64 bits in 64-bit mode without REX.W. Intel SDM vol. 1, 3.6.1, table 3-4
  export const Invalid64: u16 = 0x0080 // not in 64-bit mode
  export const Undefined: u16 = 0x0100
  export const Prefix: u16 = 0x0200 // a legacy prefix: bits 0–4 are its Prefix bit, or with Segment bits 0–2 the register
  export const Segment: u16 = 0x0020
  export const Escape: u16 = 0x0400 // another map, or perhaps VEX, EVEX, XOP
  export const Lock: u16 = 0x0800 // LOCK is allowed, at least for some of a group
  export const Control: u16 = 0x2000 // MOV to or from a control or debug register: ModRM.mod is ignored
  export const Port: u16 = 0x8000 // doublewords at most: REX.W does not widen them
  export const Embedded: u16 = 0x4000 // the opcode's low three bits name a register
}
