/** Loading segment registers from a guest's descriptors, as a task switch does. SDM vol. 3, 5.5 and table 8-1. */
import { Exception } from '../../capability/exception'
import { StartSegment } from '../../capability/start'
import { field, segment } from '../../capability/vcpu'
import { Field } from '../../capability/vmcs'
import { attributesOf, baseOf, limitOf, Type } from './descriptor'
import { failed, read, write } from './memory'

const InTable: u32 = 4 // a selector's TI

/** The exception that kept the last segment from being loaded, as a TaskOutcome. */
export let exception: u64 = 0

function refuse(vector: u32, selector: u32): bool {
  exception = <u64>vector | <u64>(selector & 0xFFFC) << 32
  return false
}

function isNull(selector: u32): bool { return (selector & 0xFFFC) == 0 }

/** True where the selector lies in its table. */
function isInTable(selector: u32): bool {
  return (selector | 7) <= <u32>field((selector & InTable) != 0 ? Field.GuestLdtrLimit : Field.GuestGdtrLimit)
}

function descriptorAt(selector: u32): u32 {
  return <u32>field((selector & InTable) != 0 ? Field.GuestLdtrBase : Field.GuestGdtrBase) + (selector & 0xFFF8)
}

/** False where the guest takes a page fault or `exception`. */
export function loadLdt(selector: u32): bool {
  segment(StartSegment.Ldtr, selector, 0, 0, 0)
  if (isNull(selector)) return true
  if ((selector & InTable) != 0 || !isInTable(selector)) return refuse(Exception.InvalidTss, selector)
  const descriptor = read(descriptorAt(selector), 8)
  if (failed) return false
  if ((attributesOf(descriptor) & 0xFF) != Type.Ldt) return refuse(Exception.InvalidTss, selector)
  segment(StartSegment.Ldtr, selector, baseOf(descriptor), limitOf(descriptor), attributesOf(descriptor))
  return true
}

/** Loads CS, SS or a data segment for this privilege. False where the guest takes a page fault or `exception`. */
export function loadSegment(index: u32, selector: u32, cpl: u32): bool {
  leaveSegment(index, selector, cpl)
  if (isNull(selector) && index != StartSegment.Cs && index != StartSegment.Ss) return true
  if (isNull(selector) || !isInTable(selector)) return refuse(Exception.InvalidTss, selector)
  const at = descriptorAt(selector)
  const descriptor = read(at, 8)
  if (failed) return false
  const attributes = attributesOf(descriptor)
  if (!isAllowed(index, attributes, selector & 3, cpl)) return refuse(Exception.InvalidTss, selector)
  if ((attributes & Type.Present) == 0) return refuse(index == StartSegment.Ss ? Exception.StackFault : Exception.SegmentNotPresent, selector)
  if ((attributes & Type.Accessed) == 0) write(at + 5, 1, attributes & 0xFF | Type.Accessed)
  if (failed) return false
  segment(index, selector, baseOf(descriptor), limitOf(descriptor), attributes | Type.Accessed)
  return true
}

/** What a fault leaves: no segment, but the code segment that was, since an entry needs one. */
function leaveSegment(index: u32, selector: u32, cpl: u32): void {
  if (index != StartSegment.Cs) return segment(index, selector, 0, 0, index == StartSegment.Ss ? cpl << 5 : 0)
  const rights = <u32>field(Field.GuestCsAccessRights)
  segment(index, selector, field(Field.GuestEsBase + 2), <u32>field(Field.GuestEsLimit + 2), rights & 0xFF | rights >> 4 & 0xF00)
}

function isAllowed(index: u32, attributes: u32, rpl: u32, cpl: u32): bool {
  if ((attributes & Type.CodeOrData) == 0) return false
  const dpl = attributes >> 5 & 3
  const isCode = (attributes & Type.Code) != 0
  const isConforming = isCode && (attributes & Type.Conforming) != 0
  if (index == StartSegment.Cs) return isCode && (isConforming ? dpl <= rpl : dpl == rpl)
  if (index == StartSegment.Ss) return !isCode && (attributes & Type.ReadOrWrite) != 0 && dpl == cpl && rpl == cpl
  return (!isCode || (attributes & Type.ReadOrWrite) != 0) && (isConforming || dpl >= max(cpl, rpl))
}
