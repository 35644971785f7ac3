import { load64, load8 } from '../../kernel/hw'
import { hostAddress, NotRam } from '../guest/memory'
import { Access, Untranslated } from '../guest/paging'
import { translate } from '../guest/walk'
import { Processor } from '../../capability/vcpu'
import { copyInstruction, recall, remember } from './codecache'
import { decode } from './decode'
import { Instruction } from '../../capability/instruction'
import { DecodeStatus, DecodeWindow, LongestInstruction } from './status'

@inline const PageSize: u32 = 4096

/** The bytes that `decodeAt` fetched last. */
const code: usize = memory.data(<i32>DecodeWindow, 8)

@inline function linearRip(cpu: Processor): u64 { return cpu.codeSize == 64 ? cpu.rip : cpu.csBase + cpu.rip & 0xFFFF_FFFF }

@inline function fetchAccess(cpu: Processor): u32 { return Access.Fetch | (cpu.cpl == 3 ? Access.User : 0) }

/** Bytes from `linear` to its page's end. */
@inline function roomAfter(linear: u64): u32 { return PageSize - (<u32>linear & PageSize - 1) }

/**
 * Copies the 15 bytes at CS:RIP to `into` through the guest's page tables and returns how many could be fetched; fewer than 15 only where
 * the next page does not translate, and fault.ts then says why. Code outside RAM reads as all ones.
 */
export function fetch(cpu: Processor, into: usize): u32 {
  const linear = linearRip(cpu)
  const access = fetchAccess(cpu)
  const gpa = translate(cpu, linear, access)
  if (gpa == Untranslated) return 0
  const hpa = hostAddress(gpa)
  const room = roomAfter(linear)
  if (room >= LongestInstruction) {
    if (hpa == NotRam) return copy(into, hpa, 0, LongestInstruction)
    store<u64>(into, load64(hpa))
    store<u64>(into, load64(hpa + 7), 7)
    return LongestInstruction
  }
  copy(into, hpa, 0, room)
  const next = linear + room
  const second = translate(cpu, cpu.codeSize == 64 ? next : next & 0xFFFF_FFFF, access)
  return second == Untranslated ? room : copy(into, hostAddress(second), room, LongestInstruction)
}

function copy(into: usize, hpa: u64, from: u32, to: u32): u32 {
  for (let i = from; i < to; i++) store<u8>(into + <usize>i, hpa == NotRam ? 0xFF : <u8>load8(hpa + (i - from)))
  return to
}

/** Fetches and decodes the instruction at CS:RIP. Answers a DecodeStatus; Fault where its bytes cannot be fetched, with the exception in fault.ts. */
export function decodeAt(cpu: Processor, out: Instruction): i32 {
  const linear = linearRip(cpu)
  const access = fetchAccess(cpu)
  const known = recall(cpu, linear, access)
  if (changetype<usize>(known) == 0) return decodeAnew(cpu, linear, access, out)
  copyInstruction(known, out)
  return DecodeStatus.Ok
}

function decodeAnew(cpu: Processor, linear: u64, access: u32, out: Instruction): i32 {
  if (roomAfter(linear) < LongestInstruction) return decodeAcross(cpu, out)
  const gpa = translate(cpu, linear, access)
  if (gpa == Untranslated) return DecodeStatus.Fault
  const hpa = hostAddress(gpa)
  if (hpa == NotRam) return decodeAcross(cpu, out)
  // Read once: what is kept is what was decoded, whatever another vCPU stores meanwhile.
  const low = load64(hpa)
  const high = load64(hpa + 7)
  store<u64>(code, low)
  store<u64>(code, high, 7)
  const status = decode(code, LongestInstruction, cpu.codeSize, out)
  if (status == DecodeStatus.Ok) remember(cpu, linear, access, hpa, low, high, out)
  return status
}

/** The same where the bytes may cross a page or lie outside RAM. */
function decodeAcross(cpu: Processor, out: Instruction): i32 {
  const available = fetch(cpu, code)
  const status = decode(code, available, cpu.codeSize, out)
  return status == DecodeStatus.TooShort ? DecodeStatus.Fault : status
}
