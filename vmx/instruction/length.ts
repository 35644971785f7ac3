import { Form } from './form'
import { Rex } from './instruction'
import { oneByte, twoByte } from './maps'

/** What keeps an opcode from the quick path: a prefix, another map, an immediate longer than a byte, or a rule to check. */
const Slow: u32 = Form.Prefix | Form.Escape | Form.Undefined | Form.Invalid64 | Form.Group | (Form.Immediate & ~Form.Ib)

/**
 * The length of an instruction without legacy prefixes and without a memory operand: all that is intercepted and usual, such as CPUID, RDMSR,
 * HLT, IN, OUT, VMMCALL, RDTSC, INT, and MOV of a control register. 0 = look with `decode`. The same promises about memory as there.
 */
export function lengthOf(bytes: usize, available: u32, codeSize: u32): u32 {
  let at = bytes
  let opcode = <u32>load<u8>(at++)
  if (codeSize == 64 && (opcode & 0xF0) == Rex.Present) {
    opcode = load<u8>(at++)
    if ((opcode & 0xF0) == Rex.Present) return 0
  }
  let map = oneByte
  if (opcode == 0x0F) {
    opcode = load<u8>(at++)
    map = twoByte
  }
  const form = <u32>load<u16>(map + (<usize>opcode << 1))
  if (form & Slow) return 0
  if (form & Form.E) {
    if (load<u8>(at++) < 0xC0 && !(form & Form.Control)) return 0
  }
  const length = <u32>(at - bytes) + (form & Form.Ib)
  return length <= available ? length : 0
}
