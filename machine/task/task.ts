/**
 * Hardware task switches, which VT-x leaves to the hypervisor. The checks of gate, selector and new TSS descriptor were made before the exit. SDM vol. 3,
 * 8.3 and 26.4.2.
 */
import { Cr0 } from '../../capability/registers'
import { StartSegment } from '../../capability/start'
import { enter, field, registers, segment, setRegisters, Processor, TaskOutcome, TaskRegisters } from '../../capability/vcpu'
import { EventErrorValid, EventType, EventValid } from '../../capability/virtualization'
import { Field } from '../../capability/vmcs'
import { attributesOf, baseOf, Busy, limitOf } from './descriptor'
import { failed, forgetFailure, read, write } from './memory'
import { exception, loadLdt, loadSegment } from './segment'

/** What switched, by bits 31:30 of the qualification. Table 28-2. */
namespace Source {
  export const Call: u32 = 0
  export const Iret: u32 = 1
  export const Jump: u32 = 2
  export const Gate: u32 = 3
}
/** Offsets of a 32-bit TSS, figure 8-2; in a 16-bit one all but the link lies elsewhere, figure 8-10. */
const Cr3Offset: u32 = 0x1C
const TrapOffset: u32 = 0x64
@inline const NestedTask: u64 = 1 << 14
@inline const Virtual8086: u64 = 1 << 17
const Big: u32 = 1 << 14 // D/B in access rights

const old = changetype<Processor>(memory.data(0xF8, 8))
const next = changetype<TaskRegisters>(memory.data(0x90, 8))
const selectors: usize = memory.data(6 * 4, 4)
let cr3: u32 = 0
let ldt: u32 = 0
let trap = false

/** Carries out the task switch that the vCPU left its guest with; a TaskOutcome. A fault is the old task's until `enter`, and then the new one's. */
export function switchTask(): u64 {
  const qualification = <u32>field(Field.ExitQualification)
  const vectoring = <u32>field(Field.VectoringInformation)
  const source = qualification >> 30
  const isEvent = source == Source.Gate && (vectoring & <u32>EventValid) != 0 && (vectoring >> 8 & 7) < EventType.Software
  forgetFailure()
  registers(changetype<usize>(old))
  if (!leaveTask(source, isEvent) || !readTask(source, qualification & 0xFFFF)) return TaskOutcome.PageFault
  if (!loadLdt(ldt) || !loadSegments()) return failed ? TaskOutcome.PageFault : exception
  if (isEvent && (vectoring & <u32>EventErrorValid) != 0) pushError(<u32>field(Field.VectoringErrorCode))
  return failed ? TaskOutcome.PageFault : trap ? TaskOutcome.Debug : TaskOutcome.Done
}

/** The instruction pointer's offset in a TSS; the flags, eight general registers, the segments and the LDT follow, each a word of the TSS's size. */
@inline function firstOffset(word: u32): u32 { return word == 4 ? 0x20 : 0x0E }

/** Bytes of a word of the current TSS. */
function currentWord(): u32 { return (field(Field.GuestTrAccessRights) & 8) != 0 ? 4 : 2 }

function leaveTask(source: u32, isEvent: bool): bool {
  const word = currentWord()
  let at = <u32>field(Field.GuestTrBase) + firstOffset(word)
  write(at, word, isEvent ? old.rip : old.rip + field(Field.ExitInstructionLength))
  write(at += word, word, source == Source.Iret ? old.rflags & ~NestedTask : old.rflags)
  for (let index: u32 = 0; index < 8; index++) write(at += word, word, old.general(index))
  for (let index: u32 = 0; index < word + 2; index++) write(at += word, 2, field(Field.GuestEsSelector + (index << 1)))
  if (source == Source.Iret || source == Source.Jump) {
    const descriptorAt = <u32>field(Field.GuestGdtrBase) + (<u32>field(Field.GuestTrSelector) & 0xFFF8)
    write(descriptorAt, 8, read(descriptorAt, 8) & ~Busy)
  }
  return !failed
}

/** All but the segments, which are loaded when the new task has the processor. */
function readTask(source: u32, selector: u32): bool {
  const descriptorAt = <u32>field(Field.GuestGdtrBase) + (selector & 0xFFF8)
  const descriptor = read(descriptorAt, 8)
  const base = <u32>baseOf(descriptor)
  const word: u32 = (descriptor >> 43 & 1) != 0 ? 4 : 2
  const isNested = source == Source.Call || source == Source.Gate
  if (isNested) write(base, 2, field(Field.GuestTrSelector))
  if (source != Source.Iret) write(descriptorAt, 8, descriptor | Busy)
  memory.copy(changetype<usize>(next), changetype<usize>(old), offsetof<TaskRegisters>())
  let at = base + firstOffset(word)
  next.rip = read(at, word)
  next.rflags = read(at += word, word) | 2 | (isNested ? NestedTask : 0)
  for (let index: u32 = 0; index < 8; index++) next.setGeneral(index, read(at += word, word))
  for (let index: u32 = 0; index < 6; index++) store<u32>(selectors + (<usize>index << 2), index < word + 2 ? <u32>read(at += word, 2) : 0)
  ldt = <u32>read(at + word, 2)
  trap = word == 4 && (read(base + TrapOffset, 2) & 1) != 0
  cr3 = <u32>read(base + Cr3Offset, 4)
  if (failed) return false
  segment(StartSegment.Tr, selector, base, limitOf(descriptor), attributesOf(descriptor | Busy))
  enter(cr3, word == 4 && (field(Field.GuestCr0) & Cr0.PG) != 0)
  return setRegisters(changetype<usize>(next))
}

/** CS first, whose privilege the others are checked against. Virtual-8086 segments have no descriptors. */
function loadSegments(): bool {
  const cpl = load<u32>(selectors, 4) & 3
  for (let step: u32 = 0; step < 6; step++) {
    const index: u32 = step == 0 ? 1 : step == 1 ? 0 : step
    const selector = load<u32>(selectors + (<usize>index << 2))
    if ((next.rflags & Virtual8086) != 0) segment(index, selector, selector << 4, 0xFFFF, 0xF3)
    else if (!loadSegment(index, selector, cpl)) return false
  }
  return true
}

/** The error code of the exception whose task gate it was goes to the new stack. */
function pushError(error: u32): void {
  const word = currentWord()
  const mask: u64 = (field(Field.GuestSsAccessRights) & Big) != 0 ? 0xFFFF_FFFF : 0xFFFF
  const stack = next.rsp - word & mask
  next.rsp = next.rsp & ~mask | stack
  write(<u32>(field(Field.GuestEsBase + 4) + stack), word, error)
  setRegisters(changetype<usize>(next))
}
