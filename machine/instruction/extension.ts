import { Instruction, OpcodeMap, Prefix } from '../../capability/instruction'

/**
 * True where the manual defines an instruction with its ModRM byte and, if it has one, with LOCK; the nucleus has seen to the opcode. Intel SDM vol. 2,
 * table A-6, and each instruction's page. The groups of x87, SSE, 0Fh 01h and 0Fh AEh with register operands are taken as defined.
 */
export function isDefined(instruction: Instruction): bool {
  const map = <u32>instruction.map
  const opcode = <u32>instruction.opcode
  const modrm = <u32>instruction.modrm
  if (map > OpcodeMap.TwoByte) return true
  if ((instruction.prefixes & Prefix.Lock) != 0 && !lockAllowed(map, opcode, modrm)) return false
  const allowed = map == OpcodeMap.OneByte ? oneByteExtensions(opcode, modrm) : twoByteExtensions(opcode)
  return (allowed >> ((modrm >= 0xC0 ? 8 : 0) + (modrm >> 3 & 7)) & 1) != 0
}

// The low byte: values of ModRM.reg defined with a memory operand; the high byte: with a register.
@inline const MemoryOnly: u32 = 0x00FF
@inline const Any: u32 = 0xFFFF

function oneByteExtensions(opcode: u32, modrm: u32): u32 {
  switch (opcode) {
    case 0x62: case 0x8D: case 0xC4: case 0xC5: return MemoryOnly // BOUND, LEA, LES, LDS
    case 0x8C: return 0x3F3F // MOV from a segment register
    case 0x8E: return 0x3D3D // MOV to one other than CS
    case 0x8F: return 0x0101 // POP
    case 0xC6: case 0xC7: return modrm == 0xF8 ? Any : 0x0101 // XABORT and XBEGIN, MOV
    case 0xFE: return 0x0303 // INC, DEC
    case 0xFF: return 0x577F // far CALL and JMP are from memory only
  }
  return Any
}

function twoByteExtensions(opcode: u32): u32 {
  switch (opcode) {
    case 0x00: return 0x7F7F // SLDT … VERW, LKGS
    case 0x71: case 0x72: return 0x5400 // shifts of MMX and SSE registers
    case 0x73: return 0xCC00
    case 0xB2: case 0xB4: case 0xB5: return MemoryOnly // LSS, LFS, LGS
    case 0xBA: return 0xF0F0 // BT …
    case 0xC7: return 0xC0FA // CMPXCHG8B, XSAVES …, RDRAND
  }
  return Any
}

/** True where LOCK may precede this opcode, of which some forms allow it, with this ModRM byte. Intel SDM vol. 2, LOCK. */
function lockAllowed(map: u32, opcode: u32, modrm: u32): bool {
  if (map == OpcodeMap.TwoByte && (opcode & 0xFC) == 0x20) return true // MOV CR8 on AMD
  if (modrm >= 0xC0) return false
  const extension = modrm >> 3 & 7
  if (map == OpcodeMap.OneByte) {
    if ((opcode & 0xFC) == 0x80) return extension != 7 // group 1 but CMP
    if ((opcode & 0xFE) == 0xF6) return (extension & 6) == 2 // NOT, NEG
    if ((opcode & 0xFE) == 0xFE) return extension < 2 // INC, DEC
  } else {
    if (opcode == 0xBA) return extension > 4 // BTS, BTR, BTC
    if (opcode == 0xC7) return extension == 1 // CMPXCHG8B
  }
  return true
}
