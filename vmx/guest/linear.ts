import { Processor } from '../processor'
import { readPhysical, writePhysical } from './memory'
import { Untranslated } from './paging'
import { translate } from './walk'

@inline const PageSize: u32 = 4096

/** An operand in memory once translated: up to 8 bytes in one page or two. */
@unmanaged export class Span {
  first: u64 //      00h  guest physical address
  second: u64 //     08h  of what lies in the next page
  firstBytes: u32 // 10h  bytes in the first page
  size: u32 //       14h  bytes in all
}

/**
 * Translates all of an operand of `size` (1 to 8) bytes before any of it is touched, so that a fault leaves no device half written. False
 * where the guest takes a fault instead.
 */
export function locate(cpu: Processor, linear: u64, size: u32, access: u32, span: Span): bool {
  const first = translate(cpu, linear, access)
  if (first == Untranslated) return false
  span.first = first
  span.size = size
  const room = PageSize - (<u32>linear & PageSize - 1)
  span.firstBytes = size
  if (size <= room) return true
  let next = linear + room
  if (cpu.codeSize != 64) next &= 0xFFFF_FFFF
  const second = translate(cpu, next, access)
  if (second == Untranslated) return false
  span.second = second
  span.firstBytes = room
  return true
}

/** The operand's value, zero-extended. */
export function readSpan(span: Span): u64 {
  const bytes = span.firstBytes
  const value = readPhysical(span.first, bytes)
  if (bytes == span.size) return value
  return value | readPhysical(span.second, span.size - bytes) << (<u64>bytes << 3)
}

/** Stores the low bytes of `value`. */
export function writeSpan(span: Span, value: u64): void {
  const bytes = span.firstBytes
  writePhysical(span.first, bytes, value)
  if (bytes != span.size) writePhysical(span.second, span.size - bytes, value >> (<u64>bytes << 3))
}
