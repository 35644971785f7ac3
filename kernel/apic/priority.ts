/** Interrupts that wait (IRR), that are in service (ISR), and the priorities that decide between them. Intel SDM vol. 3, 11.8. */
import { reportError } from './errors'
import { Action, getRegister, LocalApic, setRegister } from './localapic'
import { endLevel } from './pins'
import { ErrorStatus, Offset } from '../../capability/localapic'

/** A register of 256 bits: the word that holds a vector's bit. */
@inline function word(apic: LocalApic, register: u32, vector: u32): usize { return apic.page + register + (vector >> 5 << 4) }

/** The highest vector whose bit is set; `summary` is not 0. */
@inline function highest(apic: LocalApic, register: u32, summary: u32): u32 {
  const index: u32 = 31 - clz(summary)
  return (index << 5) + 31 - clz(load<u32>(apic.page + register + (index << 4)))
}

/** Takes a fixed interrupt in. True when it is new: one that waited already is merged with this one. 11.8.4. */
export function accept(apic: LocalApic, vector: u32, level: bool): bool {
  if (apic.accepts == 0) return false
  if (vector < 16) return reportError(apic, ErrorStatus.ReceiveIllegalVector)
  const bit: u32 = 1 << (vector & 31)
  const trigger = word(apic, Offset.TriggerMode, vector)
  store<u32>(trigger, level ? load<u32>(trigger) | bit : load<u32>(trigger) & ~bit)
  const request = word(apic, Offset.InterruptRequest, vector)
  const waiting = load<u32>(request)
  store<u32>(request, waiting | bit)
  apic.requests |= 1 << (vector >> 5)
  return (waiting & bit) == 0
}

/** The vector to deliver now, or -1: the highest that waits, if its class is above the processor's. 11.8.3.1. */
export function pending(apic: LocalApic): i32 {
  if (apic.requests == 0) return -1
  const vector = highest(apic, Offset.InterruptRequest, apic.requests)
  return vector >> 4 > getRegister(apic, Offset.ProcessorPriority) >> 4 ? <i32>vector : -1
}

/** Delivers what `pending` names: it is in service from now on. -1 when there is nothing. */
export function take(apic: LocalApic): i32 {
  const vector = pending(apic)
  if (vector < 0) return -1
  const bit: u32 = 1 << (vector & 31)
  const index = <u32>vector >> 5
  const request = word(apic, Offset.InterruptRequest, vector)
  const rest = load<u32>(request) & ~bit
  store<u32>(request, rest)
  if (rest == 0) apic.requests &= ~(1 << index)
  const service = word(apic, Offset.InService, vector)
  store<u32>(service, load<u32>(service) | bit)
  apic.services |= 1 << index
  // Its class is above TPR's and that of all others in service, so it alone is the priority now.
  setRegister(apic, Offset.ProcessorPriority, vector & 0xF0)
  return vector
}

/** Ends the highest interrupt in service; Evaluate, and EndOfInterrupt with its vector if it was level-triggered. 11.8.5. */
export function endOfInterrupt(apic: LocalApic): i32 {
  if (apic.services == 0) return Action.None
  const vector = highest(apic, Offset.InService, apic.services)
  const bit: u32 = 1 << (vector & 31)
  const service = word(apic, Offset.InService, vector)
  const rest = load<u32>(service) & ~bit
  store<u32>(service, rest)
  if (rest == 0) apic.services &= ~(1 << (vector >> 5))
  updatePriority(apic)
  const action = apic.requests != 0 ? Action.Evaluate : Action.None
  if ((load<u32>(word(apic, Offset.TriggerMode, vector)) & bit) == 0) return action
  return action | levelEnded(apic, vector)
}

/** Processor priority: the task's, or the class in service if that is higher. 11.8.3.1. */
export function updatePriority(apic: LocalApic): void {
  const task = getRegister(apic, Offset.TaskPriority)
  apic.taskPriority = task
  const service: u32 = apic.services == 0 ? 0 : highest(apic, Offset.InService, apic.services) & 0xF0
  setRegister(apic, Offset.ProcessorPriority, (task & 0xF0) >= service ? task : service)
}

/** Finds the summaries and the processor priority again, after hardware has worked on the page. */
export function refresh(apic: LocalApic): void {
  apic.requests = 0
  apic.services = 0
  for (let index: u32 = 0; index < 8; index++) {
    if (getRegister(apic, Offset.InterruptRequest + (index << 4)) != 0) apic.requests |= 1 << index
    if (getRegister(apic, Offset.InService + (index << 4)) != 0) apic.services |= 1 << index
  }
  updatePriority(apic)
}

/** The highest vectors that wait and that are in service; 0 for none. */
export function highestWaiting(apic: LocalApic): u32 { return apic.requests == 0 ? 0 : highest(apic, Offset.InterruptRequest, apic.requests) }
export function highestInService(apic: LocalApic): u32 { return apic.services == 0 ? 0 : highest(apic, Offset.InService, apic.services) }

/** What the end of a level-triggered interrupt asks for. */
export function levelEnded(apic: LocalApic, vector: u32): i32 { return endLevel(apic, vector) | Action.EndOfInterrupt | vector << 8 }

/** The task priority, 0–255. */
export function setTaskPriority(apic: LocalApic, value: u32): i32 {
  setRegister(apic, Offset.TaskPriority, value & 0xFF)
  updatePriority(apic)
  return apic.requests != 0 ? Action.Evaluate : Action.None
}

/** CR8 is the task priority's class. 11.8.6. */
export function readCr8(apic: LocalApic): u64 { return getRegister(apic, Offset.TaskPriority) >> 4 }

/** Writes CR8; Fault when bits 63:4 are not 0. */
export function writeCr8(apic: LocalApic, value: u64): i32 {
  return value > 0xF ? Action.Fault : setTaskPriority(apic, <u32>value << 4)
}
