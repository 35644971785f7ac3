import { Encoding, Instruction, NoRegister, OpcodeMap, Rex, Segment } from '../../capability/instruction'
import { decodeAddress, decodeAddress16 } from './modrm'

/**
 * True where C4h, C5h, 62h or 8Fh starts VEX, EVEX or XOP and not LES, LDS, BOUND or POP; `next` is the byte after it.
 * Intel SDM vol. 2, 2.3.5 and 2.7.1; AMD APM vol. 3, 1.8.
 */
export function isVector(opcode: u32, next: u32, long: bool): bool {
  if (opcode == 0x8F) return (next & 0x1F) >= 8
  return long || next >= 0xC0
}

/** Opcodes of map 1 with an immediate byte: shuffles, shifts by a count, compares, inserts and extracts. */
@inline function hasImmediate1(opcode: u32): bool {
  return (opcode & 0xFC) == 0x70 || opcode == 0xC2 || (opcode >= 0xC4 && opcode <= 0xC6)
}

/**
 * Decodes what follows the escape byte `escape`: `at` is the byte after it. Returns the instruction's end; `out.map` stays 0 where the
 * map or a fixed bit is undefined. The opcode itself is not checked.
 */
export function decodeVector(at: usize, escape: u32, long: bool, out: Instruction): usize {
  const first = <u32>load<u8>(at++)
  let map = first & 0x1F
  let rex = ~first >> 5 & 7 // R̄X̄B̄ lie in the order of REX
  if (escape == 0xC5) {
    map = OpcodeMap.TwoByte
    rex &= Rex.R
    out.encoding = <u8>Encoding.Vex
  } else {
    rex |= (<u32>load<u8>(at++) & 0x80) >> 4
    out.encoding = <u8>(escape == 0x8F ? Encoding.Xop : Encoding.Vex)
  }
  if (escape == 0x62) {
    const fixed = (first & 8) == 0 && (load<u8>(at - 1) & 4) != 0
    at++
    if (!fixed) return at
    map = first & 7
    out.encoding = <u8>Encoding.Evex
  }
  if (!long) rex &= Rex.W // the other bits were needed to tell it from LES, LDS and BOUND
  if (!mapDefined(out.encoding, map)) return at

  const opcode = <u32>load<u8>(at++)
  const segment = <u32>out.segment
  out.opcode = <u8>opcode
  out.map = <u8>map
  out.rex = <u8>rex
  out.segment = <u8>(segment == NoRegister ? Segment.Ds : segment)
  out.operandSize = rex & Rex.W ? 8 : 4
  if (out.encoding == Encoding.Vex && map == OpcodeMap.TwoByte && opcode == 0x77) return at // VZEROUPPER, VZEROALL: no ModRM

  const modrm = <u32>load<u8>(at++)
  out.modrm = <u8>modrm
  out.register = <u8>(modrm >> 3 & 7 | (rex & Rex.R) << 1)
  if (modrm >= 0xC0) out.rm = <u8>(modrm & 7 | (rex & Rex.B) << 3)
  else if (out.addressSize == 2) at = decodeAddress16(at, modrm, segment, out)
  else at = decodeAddress(at, modrm, rex, long, segment, out)

  if (map == OpcodeMap.ThreeByte3A || map == OpcodeMap.Xop8 || (map == OpcodeMap.TwoByte && hasImmediate1(opcode))) {
    out.immediate = <u64>load<u8>(at)
    return at + 1
  }
  if (map == OpcodeMap.Xop10) {
    out.immediate = <u64>load<u32>(at)
    return at + 4
  }
  return at
}

function mapDefined(encoding: u32, map: u32): bool {
  if (encoding == Encoding.Xop) return map >= OpcodeMap.Xop8 && map <= OpcodeMap.Xop10
  if (map >= OpcodeMap.TwoByte && map <= OpcodeMap.ThreeByte3A) return true
  return encoding == Encoding.Evex && (map == OpcodeMap.Evex5 || map == OpcodeMap.Evex6)
}
