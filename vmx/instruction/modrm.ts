import { Instruction, NoRegister, RipRegister, Rex, Segment } from '../../capability/instruction'

@inline const Ss: u8 = <u8>Segment.Ss
@inline const Ds: u8 = <u8>Segment.Ds
@inline const __: u8 = <u8>NoRegister

/** What each rm of a 16-bit address adds up: base, index, default segment, 0. Intel SDM vol. 2, table 2-1. */
const address16: usize = memory.data<u8>([
  3, 6, Ds, 0, //                   [BX + SI]
  3, 7, Ds, 0, //                   [BX + DI]
  5, 6, Ss, 0, //                   [BP + SI]
  5, 7, Ss, 0, //                   [BP + DI]
  6, __, Ds, 0, //          [SI]
  7, __, Ds, 0, //          [DI]
  5, __, Ss, 0, //          [BP], or a displacement alone
  3, __, Ds, 0, //          [BX]
])

/**
 * Decodes the memory operand of `modrm` (mod is not 3) in 32- and 64-bit addressing; `at` is the byte after ModRM.
 * Returns where the instruction goes on. Intel SDM vol. 2, tables 2-2 and 2-3, and 2.2.1.6.
 */
@inline export function decodeAddress(at: usize, modrm: u32, rex: u32, long: bool, segment: u32, out: Instruction): usize {
  const mode = modrm >> 6
  let low = modrm & 7
  let base = low | (rex & Rex.B) << 3
  let index = NoRegister
  if (low == 4) {
    const sib = <u32>load<u8>(at++)
    low = sib & 7
    base = low | (rex & Rex.B) << 3
    index = sib >> 3 & 7 | (rex & Rex.X) << 2
    if (index == 4) index = NoRegister
    out.scale = <u8>(sib >> 6)
    if (low == 5 && mode == 0) base = NoRegister
  } else if (low == 5 && mode == 0) base = long ? RipRegister : NoRegister
  // Encodings 4 and 5 are rSP and rBP: their operands lie on the stack unless a prefix says otherwise.
  out.segment = <u8>(segment != NoRegister ? segment : base - 4 < 2 ? Segment.Ss : Segment.Ds)
  out.base = <u8>base
  out.index = <u8>index
  out.memory = 1
  if (mode == 1) {
    out.displacement = <i64>load<i8>(at)
    return at + 1
  }
  if (mode == 2 || base == NoRegister || base == RipRegister) {
    out.displacement = <i64>load<i32>(at)
    return at + 4
  }
  return at
}

/** The same in 16-bit addressing. Intel SDM vol. 2, table 2-1. */
export function decodeAddress16(at: usize, modrm: u32, segment: u32, out: Instruction): usize {
  const mode = modrm >> 6
  const row = address16 + <usize>((modrm & 7) << 2)
  const absolute = mode == 0 && (modrm & 7) == 6
  out.base = absolute ? <u8>NoRegister : load<u8>(row)
  out.index = load<u8>(row, 1)
  out.segment = segment != NoRegister ? <u8>segment : absolute ? <u8>Segment.Ds : load<u8>(row, 2)
  out.memory = 1
  if (mode == 1) {
    out.displacement = <i64>load<i8>(at)
    return at + 1
  }
  if (mode == 2 || absolute) {
    out.displacement = <i64>load<i16>(at)
    return at + 2
  }
  return at
}
