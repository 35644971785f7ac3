import { Instruction, Prefix } from '../../capability/instruction'
import { Vendor } from '../../capability/virtualization'
import { Form } from './form'

let vendor: u32 = Vendor.Amd

/**
 * Tells the decoder whose processor this is. In 64-bit mode AMD honours 66h on a near branch and Intel ignores it
 * (AMD APM vol. 3, 1.2.2; Intel SDM vol. 2, A.3 "f64"); LOCK MOV CR0 is MOV CR8 on AMD only.
 */
export function setVendor(value: u32): void { vendor = value }

/** True where LOCK turns CR0 into CR8. AMD APM vol. 3, MOV CRn. */
@inline export function hasAlternateCr8(): bool { return vendor == Vendor.Amd }

/** Decodes what follows ModRM and the displacement; returns the instruction's end. Intel SDM vol. 2, A.2.2. */
export function decodeImmediate(at: usize, kind: u32, long: bool, out: Instruction): usize {
  switch (kind) {
    case Form.Ib:
      out.immediate = <u64>load<u8>(at)
      return at + 1
    case Form.Jb:
      if (long && vendor == Vendor.Intel) out.operandSize = 8
    case Form.Ibs:
      out.immediate = <u64><i64>load<i8>(at)
      return at + 1
    case Form.Iw:
      out.immediate = <u64>load<u16>(at)
      return at + 2
    case Form.Iz:
      return word(at, out.operandSize == 2, out)
    case Form.Iv:
      if (out.operandSize < 8) return word(at, out.operandSize == 2, out)
      out.immediate = load<u64>(at)
      return at + 8
    case Form.Jz:
      if (long && vendor == Vendor.Intel) out.operandSize = 8
      return word(at, out.operandSize == 2, out)
    case Form.O:
      return offset(at, out)
    case Form.Group3:
      if (out.modrm & 0x30) return at
      if (out.operandSize != 1) return word(at, out.operandSize == 2, out)
      out.immediate = <u64>load<u8>(at)
      return at + 1
    case Form.IwIb:
      out.immediate = <u64>load<u16>(at)
      out.secondImmediate = <u16>load<u8>(at, 2)
      return at + 3
    case Form.Ap:
      at = word(at, out.operandSize == 2, out)
      out.secondImmediate = load<u16>(at)
      return at + 2
    case Form.IbIb:
      if (!(out.prefixes & (Prefix.OperandSize | Prefix.RepeatNotEqual))) return at
      out.immediate = <u64>load<u8>(at)
      out.secondImmediate = <u16>load<u8>(at, 1)
      return at + 2
  }
  return at
}

@inline function word(at: usize, short: bool, out: Instruction): usize {
  out.immediate = short ? <u64><i64>load<i16>(at) : <u64><i64>load<i32>(at)
  return at + (short ? 2 : 4)
}

/** MOV between the accumulator and an address without ModRM. */
function offset(at: usize, out: Instruction): usize {
  const size = <u32>out.addressSize
  out.displacement = size == 8 ? load<i64>(at) : size == 4 ? <i64>load<u32>(at) : <i64>load<u16>(at)
  return at + size
}
