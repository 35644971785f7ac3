/**
 * Hardware task switches, which VT-x leaves to the hypervisor. The checks of gate, selector and new TSS descriptor were made before the exit. SDM vol. 3,
 * 8.3 and 26.4.2.
 */
import * as hw from '../../kernel/hw'
import { Context, EventErrorValid, EventType, EventValid } from '../context'
import { Cr0 } from '../guest/paging'
import { injectException, setSegment } from './control'
import { Field } from '../../capability/vmcs'
import { flushGuest } from './identifier'
import { loadPageDirectoryPointers } from './pdpte'
import { failed, forgetFailure, loadLdt, loadSegment, read, segmentBase, segmentBits, segmentLimit, write } from './segment'
import { readProcessor, writeProcessor } from './state'

/** What switched, by bits 31:30 of the qualification. Table 28-2. */
namespace Source {
  export const Iret: u32 = 1
  export const Jump: u32 = 2
  export const Gate: u32 = 3
}
/** Offsets of a 32-bit TSS, figure 8-2; in a 16-bit one all but the link lies elsewhere, figure 8-10. */
const Cr3Offset: u64 = 0x1C
const TrapOffset: u64 = 0x64
const StartTr: u32 = 6
@inline const NestedTask: u64 = 1 << 14
@inline const Virtual8086: u64 = 1 << 17
@inline const Busy: u64 = 1 << 41
@inline const TaskSwitched: u64 = 1 << 3
@inline const LocalBreakpoints: u64 = 0x155
@inline const DebugTaskSwitch: u64 = 1 << 15
const selectors: usize = memory.data(7 * 4, 4)
/** Carries the task switch of the last exit out. False where the guest takes the fault of fault.ts instead, in the old task or the new. */
export function switchTask(context: Context): bool {
  const qualification = <u32>hw.vmread(Field.ExitQualification)
  const vectoring = <u32>hw.vmread(Field.VectoringInformation)
  const source = qualification >> 30
  const isEvent = source == Source.Gate && (vectoring & <u32>EventValid) != 0 && (vectoring >> 8 & 7) < EventType.Software
  const error = (vectoring & <u32>EventErrorValid) != 0 && isEvent
  readProcessor(context)
  context.event = 0
  forgetFailure()
  if (!leaveTask(context, source, isEvent) || !enterTask(context, source, qualification & 0xFFFF)) return false
  if (error) pushError(context, <u32>hw.vmread(Field.VectoringErrorCode))
  writeProcessor(context)
  return !failed
}

/** The instruction pointer's offset in a TSS; the flags, eight general registers, the segments and the LDT follow, each a word of the TSS's size. */
@inline function firstOffset(word: u32): u64 { return word == 4 ? 0x20 : 0x0E }

function leaveTask(context: Context, source: u32, isEvent: bool): bool {
  const word: u32 = (hw.vmread(Field.GuestTrAccessRights) & 8) != 0 ? 4 : 2
  let at = hw.vmread(Field.GuestTrBase) + firstOffset(word)
  write(context, at, word, isEvent ? context.rip : context.rip + hw.vmread(Field.ExitInstructionLength))
  write(context, at += word, word, source == Source.Iret ? context.rflags & ~NestedTask : context.rflags)
  for (let index: usize = 0; index < 8; index++) write(context, at += word, word, load<u64>(changetype<usize>(context) + (index << 3)))
  for (let index: u32 = 0; index < word + 2; index++) write(context, at += word, 2, hw.vmread(Field.GuestEsSelector + (index << 1)))
  if (source == Source.Iret || source == Source.Jump) {
    const descriptor = hw.vmread(Field.GuestGdtrBase) + (hw.vmread(Field.GuestTrSelector) & 0xFFF8)
    write(context, descriptor, 8, read(context, descriptor, 8) & ~Busy)
  }
  return !failed
}

function enterTask(context: Context, source: u32, selector: u32): bool {
  const descriptorAt = hw.vmread(Field.GuestGdtrBase) + (selector & 0xFFF8)
  const descriptor = read(context, descriptorAt, 8)
  const base = segmentBase(descriptor)
  const word: u32 = (descriptor >> 43 & 1) != 0 ? 4 : 2
  const isNested = source != Source.Iret && source != Source.Jump
  if (isNested) write(context, base, 2, hw.vmread(Field.GuestTrSelector))
  if (source != Source.Iret) write(context, descriptorAt, 8, descriptor | Busy)
  let at = base + firstOffset(word)
  const rip = read(context, at, word)
  const flags = read(context, at += word, word)
  const trap = word == 4 && (read(context, base + TrapOffset, 2) & 1) != 0
  const cr3 = read(context, base + Cr3Offset, 4)
  if (failed) return false
  for (let index: usize = 0; index < 8; index++) store<u64>(changetype<usize>(context) + (index << 3), read(context, at += word, word))
  for (let index: u32 = 0; index < 6; index++) store<u32>(selectors + (<usize>index << 2), index < word + 2 ? <u32>read(context, at += word, 2) : 0)
  const ldt = <u32>read(context, at + word, 2)
  if (failed) return false
  context.rip = rip
  context.rflags = flags | 2 | (isNested ? NestedTask : 0)
  // From here on a fault is the new task's.
  setSegment(context, StartTr, selector, base, segmentLimit(descriptor), segmentBits(descriptor | Busy))
  const cr0 = hw.vmread(Field.GuestCr0)
  hw.vmwrite(Field.GuestCr0, cr0 | TaskSwitched)
  hw.vmwrite(Field.GuestDr7, hw.vmread(Field.GuestDr7) & ~LocalBreakpoints)
  if (word == 4 && (cr0 & Cr0.PG) != 0) {
    context.cr3 = cr3
    hw.vmwrite(Field.GuestCr3, cr3)
    loadPageDirectoryPointers()
    flushGuest(context)
  }
  writeProcessor(context)
  if (!loadLdt(context, ldt) || !loadSegments(context)) return false
  readProcessor(context)
  if (trap) {
    hw.writeDr6(hw.readDr6() | DebugTaskSwitch)
    injectException(context, 1, false, 0)
  }
  return true
}

/** CS first, whose privilege the others are checked against. Virtual-8086 segments have no descriptors. */
function loadSegments(context: Context): bool {
  const cpl = load<u32>(selectors, 4) & 3
  for (let step: u32 = 0; step < 6; step++) {
    const index: u32 = step == 0 ? 1 : step == 1 ? 0 : step
    const selector = load<u32>(selectors + (<usize>index << 2))
    if ((context.rflags & Virtual8086) != 0) setSegment(context, index, selector, selector << 4, 0xFFFF, 0xF3)
    else if (!loadSegment(context, index, selector, cpl)) return false
  }
  return true
}

/** The error code of the exception whose task gate it was goes to the new stack. */
function pushError(context: Context, error: u32): void {
  const word: u32 = (hw.vmread(Field.GuestTrAccessRights) & 8) != 0 ? 4 : 2
  const mask: u64 = context.stackSize == 32 ? 0xFFFF_FFFF : 0xFFFF
  const stack = context.rsp - word & mask
  context.rsp = context.rsp & ~mask | stack
  write(context, context.ssBase + stack, word, error)
}
