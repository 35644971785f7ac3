import { load64, load8 } from '../../kernel/hw'
import { hostAddress, NotRam } from '../guest/memory'
import { Access, Untranslated } from '../guest/paging'
import { translate } from '../guest/walk'
import { Processor } from '../processor'
import { decode } from './decode'
import { DecodeStatus, DecodeWindow, Instruction, LongestInstruction } from './instruction'

@inline const PageSize: u32 = 4096

/** The bytes that `decodeAt` fetched last. */
const code: usize = memory.data(<i32>DecodeWindow, 8)

/**
 * Copies the 15 bytes at CS:RIP to `into` (16 bytes of room) through the guest's page tables and returns how many could be fetched; fewer than 15 only
 * where the next page does not translate, and fault.ts then says why. Code outside RAM reads as all ones.
 */
export function fetch(cpu: Processor, into: usize): u32 {
  const long = cpu.codeSize == 64
  const linear = long ? cpu.rip : cpu.csBase + cpu.rip & 0xFFFF_FFFF
  const access = Access.Fetch | (cpu.cpl == 3 ? Access.User : 0)
  const gpa = translate(cpu, linear, access)
  if (gpa == Untranslated) return 0
  const room = PageSize - (<u32>linear & PageSize - 1)
  const hpa = hostAddress(gpa)
  if (room > LongestInstruction && hpa != NotRam) {
    store<u64>(into, load64(hpa))
    store<u64>(into, load64(hpa + 8), 8)
    return LongestInstruction
  }
  if (room >= LongestInstruction) return copy(into, hpa, 0, LongestInstruction)
  copy(into, hpa, 0, room)
  const next = linear + room
  const second = translate(cpu, long ? next : next & 0xFFFF_FFFF, access)
  return second == Untranslated ? room : copy(into, hostAddress(second), room, LongestInstruction)
}

function copy(into: usize, hpa: u64, from: u32, to: u32): u32 {
  for (let i = from; i < to; i++) store<u8>(into + <usize>i, hpa == NotRam ? 0xFF : <u8>load8(hpa + (i - from)))
  return to
}

/** Fetches and decodes the instruction at CS:RIP. Answers a DecodeStatus; Fault where its bytes cannot be fetched, with the exception in fault.ts. */
export function decodeAt(cpu: Processor, out: Instruction): i32 {
  const available = fetch(cpu, code)
  const status = decode(code, available, cpu.codeSize, out)
  return status == DecodeStatus.TooShort ? DecodeStatus.Fault : status
}
