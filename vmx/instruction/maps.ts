import { Form } from './form'

// Short names for the tables below, after Intel SDM vol. 2, appendix A.2.
@inline const __: u16 = 0
@inline const XX: u16 = Form.Undefined
@inline const x6: u16 = Form.Invalid64
@inline const E: u16 = Form.E
@inline const Eb: u16 = Form.E | Form.Byte
@inline const EL: u16 = Form.E | Form.Lock
@inline const bL: u16 = Form.E | Form.Byte | Form.Lock
@inline const EI: u16 = Form.E | Form.Ib
@inline const b_: u16 = Form.Byte
@inline const Ib: u16 = Form.Ib
@inline const bI: u16 = Form.Byte | Form.Ib
@inline const Is: u16 = Form.Ibs
@inline const Iw: u16 = Form.Iw
@inline const Iz: u16 = Form.Iz
@inline const R_: u16 = Form.Embedded
@inline const Rb: u16 = Form.Embedded | Form.Byte | Form.Ib
@inline const Rv: u16 = Form.Embedded | Form.Iv
@inline const RD: u16 = Form.Embedded | Form.Default64
@inline const D_: u16 = Form.Default64
@inline const JD: u16 = Form.Default64 | Form.Jz
@inline const Jb: u16 = Form.Default64 | Form.Jb
@inline const P_: u16 = Form.Port
@inline const PI: u16 = Form.Port | Form.Ib
@inline const O_: u16 = Form.O
@inline const Ob: u16 = Form.O | Form.Byte
@inline const Ap: u16 = Form.Ap | Form.Invalid64
@inline const xI: u16 = Form.Ib | Form.Invalid64
@inline const es: u16 = Form.Escape
@inline const Pf: u16 = Form.Prefix
@inline const Sg: u16 = Form.Prefix | Form.Segment
@inline const Cr: u16 = Form.E | Form.Control

/** One-byte opcodes. Intel SDM vol. 2, table A-2. */
export const oneByte: usize = memory.data<u16>([
  bL, EL, Eb, E, bI, Iz, x6, x6, bL, EL, Eb, E, bI, Iz, x6, es, //  00  ADD, OR
  bL, EL, Eb, E, bI, Iz, x6, x6, bL, EL, Eb, E, bI, Iz, x6, x6, //  10  ADC, SBB
  bL, EL, Eb, E, bI, Iz, Sg, x6, bL, EL, Eb, E, bI, Iz, Sg | 1, x6, // 20  AND, SUB; ES, CS
  bL, EL, Eb, E, bI, Iz, Sg | 2, x6, Eb, E, Eb, E, bI, Iz, Sg | 3, x6, // 30  XOR, CMP; SS, DS
  R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, R_, // 40  INC, DEC; REX in 64-bit mode
  RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, RD, // 50  PUSH, POP
  x6, x6, E | es | x6, E, Sg | 4, Sg | 5, Pf | 8, Pf | 16, // 60  PUSHA, POPA, BOUND or EVEX, ARPL or MOVSXD; FS, GS, 66, 67
  Iz | D_, E | Iz, Is | D_, E | Is, b_, P_, b_, P_, // 68  PUSH, IMUL, INS, OUTS
  Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, Jb, // 70  Jcc
  bL | Ib, EL | Iz, bL | Ib | x6, EL | Is, Eb, E, bL, EL, // 80  group 1, TEST, XCHG
  Eb, E, Eb, E, E, E, E, E | D_ | es, // 88  MOV, LEA, POP or XOP
  R_, R_, R_, R_, R_, R_, R_, R_, __, __, Ap, __, D_, D_, __, __, // 90  XCHG, CBW, CWD, CALL far, FWAIT, PUSHF, POPF, SAHF, LAHF
  Ob, O_, Ob, O_, b_, __, b_, __, bI, Iz, b_, __, b_, __, b_, __, // A0  MOV, MOVS, CMPS, TEST, STOS, LODS, SCAS
  Rb, Rb, Rb, Rb, Rb, Rb, Rb, Rb, Rv, Rv, Rv, Rv, Rv, Rv, Rv, Rv, // B0  MOV
  Eb | Ib, E | Ib, Iw | D_, D_, E | es | x6, E | es | x6, Eb | Ib, E | Iz, // C0  group 2, RET, LES and LDS or VEX, MOV
  D_ | Form.IwIb, D_, Iw, __, __, Ib, x6, __, // C8  ENTER, LEAVE, RET far, INT3, INT, INTO, IRET
  Eb, E, Eb, E, xI, xI, x6, __, E, E, E, E, E, E, E, E, // D0  group 2, AAM, AAD, SALC, XLAT, x87
  Jb, Jb, Jb, Jb, bI, PI, bI, PI, JD, JD, Ap, Jb, b_, P_, b_, P_, // E0  LOOP, JCXZ, IN, OUT, CALL, JMP
  Pf | 1, __, Pf | 2, Pf | 4, __, __, bL | Form.Group3, EL | Form.Group3, // F0  LOCK, INT1, F2, F3, HLT, CMC, group 3
  __, __, __, __, __, __, bL, EL, // F8  CLC … STD, groups 4 and 5
])

/** Two-byte opcodes, after 0Fh. Intel SDM vol. 2, table A-3. */
export const twoByte: usize = memory.data<u16>([
  E, E, E, E, XX, __, __, __, __, __, XX, __, XX, E, __, EI, //    00  groups 6 and 7, LAR, LSL, SYSCALL, CLTS, SYSRET, INVD, WBINVD, UD2, PREFETCHW, FEMMS, 3DNow!
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 10  MOVUPS …, reserved no-operations
  Cr, Cr, Cr, Cr, XX, XX, XX, XX, E, E, E, E, E, E, E, E, //         20  MOV control and debug, MOVAPS …
  __, __, __, __, __, __, XX, __, es, XX, es, XX, XX, XX, XX, XX, // 30  WRMSR, RDTSC, RDMSR, RDPMC, SYSENTER, SYSEXIT, GETSEC
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 40  CMOVcc
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 50
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 60
  EI, EI, EI, EI, E, E, E, __, E | Form.IbIb, E, XX, XX, E, E, E, E, // 70  PSHUF, groups 12 to 14, EMMS, VMREAD or EXTRQ, VMWRITE
  JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, JD, // 80  Jcc
  Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, Eb, // 90  SETcc
  D_, D_, __, E, EI, E, E, E, D_, D_, __, EL, EI, E, E, E, //        A0  PUSH and POP FS, CPUID, BT, SHLD, GS, RSM, BTS, SHRD, group 15, IMUL
  bL, EL, E, EL, E, E, E, E, E, E, EL | Ib, EL, E, E, E, E, //    B0  CMPXCHG, LSS, BTR, LFS, LGS, MOVZX, POPCNT, UD1, group 8, BTC, BSF, BSR, MOVSX
  bL, EL, EI, E, EI, EI, EI, EL, R_, R_, R_, R_, R_, R_, R_, R_, // C0  XADD, CMPPS, MOVNTI, PINSRW, PEXTRW, SHUFPS, group 9, BSWAP
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 D0
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 E0
  E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, //                 F0  … UD0
])

/** Which opcodes exist after 0Fh 38h, one bit each; all have ModRM. Intel SDM vol. 2, table A-4. */
export const threeByte38: usize = memory.data<u32>([
  0x70B10FFF, 0xFFBF0F3F, 0x00000003, 0, 0x00000007, 0, 0xF900BF00, 0x1F630000,
])

/** Which opcodes exist after 0Fh 3Ah, one bit each; all have ModRM and an immediate byte. Intel SDM vol. 2, table A-5. */
export const threeByte3A: usize = memory.data<u32>([
  0x00F0FF00, 0x00000007, 0x00000017, 0x0000000F, 0, 0, 0x8000D000, 0x00010000,
])
