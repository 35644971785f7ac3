import { Processor, Span } from '../../capability/vcpu'
import { isReady, readPhysical, writePhysical } from './memory'
import { Access, Untranslated } from './paging'
import { translate } from './walk'
import { isArmed, note, Watched } from './watch'

@inline const PageSize: u32 = 4096

/**
 * Translates all of an operand of `size` (1 to 8) bytes before any of it is touched, so that a fault leaves no device half written. False
 * where the guest takes a fault instead, or waits for memory.
 */
export function locate(cpu: Processor, linear: u64, size: u32, access: u32, span: Span): bool {
  if (isArmed()) note(linear, size, (access & Access.Write) != 0 ? Watched.Write : Watched.Access)
  const room = PageSize - (<u32>linear & PageSize - 1)
  if (size > room) return locateAcross(cpu, linear, size, access, span, room)
  span.size = size
  span.firstBytes = size
  const first = translate(cpu, linear, access)
  span.first = first
  return first != Untranslated && isReady(first)
}

function locateAcross(cpu: Processor, linear: u64, size: u32, access: u32, span: Span, room: u32): bool {
  span.size = size
  span.firstBytes = room
  span.first = translate(cpu, linear, access)
  if (span.first == Untranslated) return false
  const next = linear + room
  span.second = translate(cpu, cpu.codeSize == 64 ? next : next & 0xFFFF_FFFF, access)
  return span.second != Untranslated && isReady(span.first) && isReady(span.second)
}

/** The operand's value, zero-extended. */
export function readSpan(span: Span): u64 {
  if (span.firstBytes == span.size) return readPhysical(span.first, span.size)
  return readPhysical(span.first, span.firstBytes) | readPhysical(span.second, span.size - span.firstBytes) << (<u64>span.firstBytes << 3)
}

/** Stores the low bytes of `value`. */
export function writeSpan(span: Span, value: u64): void {
  writePhysical(span.first, span.firstBytes, value)
  if (span.firstBytes != span.size) writePhysical(span.second, span.size - span.firstBytes, value >> (<u64>span.firstBytes << 3))
}
