/** What the nucleus makes of the maker of its CPU. */
import { decode } from '../../vmx/instruction/decode'
import { Instruction } from '../../capability/instruction'

export { check } from '../../vmx/operations'

const code: usize = memory.data(32, 8)
const record: usize = memory.data(64, 8)

/** The DecodeStatus of the instruction whose first bytes these are, the first the lowest. */
export function decodeBytes(bytes: u64, codeSize: u32): i32 {
  store<u64>(code, bytes)
  return decode(code, 15, codeSize, changetype<Instruction>(record))
}
export function operandSize(): u32 { return changetype<Instruction>(record).operandSize }
