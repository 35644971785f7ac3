/** Loading segment registers from a guest's descriptors, as a task switch does. SDM vol. 3, 3.4.5, 5.5 and table 8-1. */
import * as hw from '../../kernel/hw'
import { Context } from '../context'
import { Exception, raise } from '../guest/fault'
import { locate, readSpan, Span, writeSpan } from '../guest/linear'
import { Access } from '../guest/paging'
import { setSegment } from './control'
import { Field, Segment } from '../../capability/vmcs'

const StartLdtr: u32 = 7
const InTable: u32 = 4 // a selector's TI
const LdtType: u32 = 0x82
/** Of a descriptor's byte 5. */
const CodeOrData: u32 = 1 << 4
const Code: u32 = 1 << 3
const Conforming: u32 = 1 << 2
const ReadOrWrite: u32 = 1 << 1
const Accessed: u32 = 1 << 0
const Present: u32 = 1 << 7
const span = changetype<Span>(memory.data(24, 8))

/** Whether an access since `forgetFailure` took a page fault. */
export let failed = false
export function forgetFailure(): void { failed = false }

/** Reads for the CPU itself; 0 after a fault. */
export function read(context: Context, linear: u64, size: u32): u64 {
  if (!failed && locate(context, linear & 0xFFFF_FFFF, size, Access.Read, span)) return readSpan(span)
  failed = true
  return 0
}

/** Writes for the CPU itself; nothing after a fault. */
export function write(context: Context, linear: u64, size: u32, value: u64): void {
  if (!failed && locate(context, linear & 0xFFFF_FFFF, size, Access.Write, span)) writeSpan(span, value)
  else failed = true
}

/** A descriptor's fields as `setSegment` takes them. */
export function segmentBase(descriptor: u64): u64 { return descriptor >> 16 & 0xFF_FFFF | descriptor >> 56 << 24 }
export function segmentBits(descriptor: u64): u32 { return <u32>(descriptor >> 40) & 0xFF | <u32>(descriptor >> 44) & 0xF00 }
export function segmentLimit(descriptor: u64): u32 {
  const limit = <u32>descriptor & 0xFFFF | <u32>(descriptor >> 32) & 0xF_0000
  return (descriptor >> 55 & 1) != 0 ? limit << 12 | 0xFFF : limit
}

function fault(vector: u32, selector: u32): bool {
  raise(vector, selector & 0xFFFC)
  return false
}

/** True where the selector lies in its table. */
function isInTable(selector: u32): bool {
  const limit = hw.vmread((selector & InTable) != 0 ? Field.GuestLdtrLimit : Field.GuestGdtrLimit)
  return (selector | 7) <= <u32>limit
}

function descriptorAt(selector: u32): u64 {
  return hw.vmread((selector & InTable) != 0 ? Field.GuestLdtrBase : Field.GuestGdtrBase) + (selector & 0xFFF8)
}

/** False where the guest takes the fault of fault.ts. */
export function loadLdt(context: Context, selector: u32): bool {
  setSegment(context, StartLdtr, selector, 0, 0, 0)
  if ((selector & 0xFFFC) == 0) return true
  if ((selector & InTable) != 0 || !isInTable(selector)) return fault(Exception.InvalidTss, selector)
  const descriptor = read(context, descriptorAt(selector), 8)
  if (failed) return false
  const bits = segmentBits(descriptor)
  if ((bits & 0xFF) != LdtType) return fault(Exception.InvalidTss, selector)
  setSegment(context, StartLdtr, selector, segmentBase(descriptor), segmentLimit(descriptor), bits)
  return true
}

/** Loads CS, SS or a data segment for this privilege. False where the guest takes the fault of fault.ts. */
export function loadSegment(context: Context, index: u32, selector: u32, cpl: u32): bool {
  // What a fault leaves: no segment, but the code segment that was, since an entry needs one.
  if (index == Segment.Cs) hw.vmwrite(Field.GuestEsSelector + (index << 1), selector)
  else setSegment(context, index, selector, 0, 0, index == Segment.Ss ? cpl << 5 : 0)
  const isNull = (selector & 0xFFFC) == 0
  if (isNull && index != Segment.Cs && index != Segment.Ss) return true
  if (isNull || !isInTable(selector)) return fault(Exception.InvalidTss, selector)
  const at = descriptorAt(selector)
  const descriptor = read(context, at, 8)
  if (failed) return false
  const bits = segmentBits(descriptor)
  const dpl = bits >> 5 & 3
  const rpl = selector & 3
  const isCode = (bits & Code) != 0
  let allowed = (bits & CodeOrData) != 0
  if (index == Segment.Cs) allowed = allowed && isCode && ((bits & Conforming) != 0 ? dpl <= rpl : dpl == rpl)
  else if (index == Segment.Ss) allowed = allowed && !isCode && (bits & ReadOrWrite) != 0 && dpl == cpl && rpl == cpl
  else allowed = allowed && (!isCode || (bits & ReadOrWrite) != 0) && (isCode && (bits & Conforming) != 0 || dpl >= max(cpl, rpl))
  if (!allowed) return fault(Exception.InvalidTss, selector)
  if ((bits & Present) == 0) return fault(index == Segment.Ss ? Exception.StackFault : Exception.SegmentNotPresent, selector)
  if ((bits & Accessed) == 0) write(context, at + 5, 1, bits & 0xFF | Accessed)
  if (failed) return false
  setSegment(context, index, selector, segmentBase(descriptor), segmentLimit(descriptor), bits | Accessed)
  return true
}
