/** The `vcpu` capability: what the guest of a vCPU was about to do, and its VM's machine carries out. */
import { InstructionBytes } from '../../capability/instruction'
import { StartSegment } from '../../capability/start'
import { Access, ProcessorBytes, Reach, Span, SpanBytes, TaskOutcome, TaskRegistersBytes } from '../../capability/vcpu'
import { Exception } from '../../capability/exception'
import { raise } from '../../vmx/guest/fault'
import { locate } from '../../vmx/guest/linear'
import { hostAddress, NotRam, readPhysical, writableAddress, writePhysical } from '../../vmx/guest/memory'
import { isArmed, note, Watched } from '../../vmx/guest/watch'
import { controlField, enterTask, injectException, readProcessor, setSegment, trapDebug, writeProcessor } from '../../vmx/operations'
import { giveBytes, sandbox, takeBytes } from '../sandbox/sandbox'
import { injectFault, instruction } from '../vm/exits'
import { callMachine } from '../vm/machine'
import { isApic } from '../vm/mmio'
import { Vcpu } from '../vm/vcpu'
import { vmAt } from '../vm/vm'

@inline const TaskSwitched: u64 = 1 << 15 // DR6.BT
const span = changetype<Span>(memory.data(24, 8))
const value: usize = memory.data(8, 8)

let served: Vcpu | null = null
let isSwitching = false
/** Says whose state the machine that is called next may reach, for its task switch or for an instruction; null when it may none. */
export function setServed(vcpu: Vcpu | null, isTask: bool): void {
  served = vcpu
  isSwitching = vcpu !== null && isTask
}

/** What the machine stored to the local APIC last, which may call the machine in its turn; size 0 for nothing. */
let apicGpa: u64 = 0
let apicSize: u32 = 0
let apicValue: u64 = 0

function ask(vcpu: Vcpu, what: u64, isTask: bool): u64 {
  const vm = vmAt(vcpu.vm)
  setServed(vcpu, isTask)
  raise(Exception.GeneralProtection, 0) // for a machine that tells of a fault and had none: the last one may be another guest's
  const outcome = callMachine(vm, what)
  setServed(null, false)
  if (apicSize != 0) writePhysical(apicGpa, apicSize, apicValue)
  apicSize = 0
  return outcome
}

/** Has the decoded instruction carried out that was the last exit's; an EmulateStatus. */
export function execute(vcpu: Vcpu): i32 { return <i32>ask(vcpu, vmAt(vcpu.vm).execute, false) }

/** The task switch of the last exit. */
export function switchTask(vcpu: Vcpu): void {
  vcpu.event = 0
  const outcome = ask(vcpu, vmAt(vcpu.vm).switchTask, true)
  if (outcome == TaskOutcome.PageFault) injectFault(vcpu)
  else if (outcome == TaskOutcome.Debug) trapDebug(vcpu, TaskSwitched)
  else if (outcome != TaskOutcome.Done) injectException(vcpu, <u32>outcome & 0xFF, true, <u32>(outcome >> 32))
}

export function vcpuRegisters(subject: u32, target: usize): bool {
  if (served === null) return false
  readProcessor(served!)
  return giveBytes(sandbox(subject), target, changetype<usize>(served), ProcessorBytes)
}

export function vcpuSetRegisters(subject: u32, source: usize): bool {
  if (served === null || !takeBytes(sandbox(subject), changetype<usize>(served), source, TaskRegistersBytes)) return false
  writeProcessor(served!)
  return true
}

export function vcpuInstruction(subject: u32, target: usize): bool {
  return served !== null && !isSwitching && giveBytes(sandbox(subject), target, changetype<usize>(instruction()), InstructionBytes)
}

export function vcpuLocate(subject: u32, linear: u64, size: u32, access: u32, target: usize): bool {
  if (served === null || size - 1 >= 8 || !locate(served!, linear, size, access & (Access.Write | Access.User | Access.Stack), span)) return false
  return giveBytes(sandbox(subject), target, changetype<usize>(span), SpanBytes)
}

/** True for what lies in one page, as all does that `locate` answers. */
function isReachable(gpa: u64, size: u32): bool { return served !== null && size - 1 < 8 && (<u32>gpa & 4095) + size <= 4096 }

export function vcpuRead(subject: u32, gpa: u64, size: u32, target: usize): u32 {
  if (!isReachable(gpa, size) || hostAddress(gpa) == NotRam && !isApic(gpa)) return Reach.Device
  store<u64>(value, readPhysical(gpa, size))
  return giveBytes(sandbox(subject), target, value, size) ? Reach.Memory : Reach.Device
}

export function vcpuWrite(subject: u32, gpa: u64, size: u32, value: u64): u32 {
  if (!isReachable(gpa, size)) return Reach.Device
  if (writableAddress(gpa) != NotRam) writePhysical(gpa, size, value)
  else if (!isApic(gpa)) return Reach.Device
  else {
    apicGpa = gpa
    apicSize = size
    apicValue = value
    return Reach.Apic
  }
  return Reach.Memory
}

export function vcpuPort(subject: u32, port: u32, size: u32): void { if (served !== null && isArmed()) note(port, size, Watched.Port) }

/** Bits 11:10 of an encoding: 1 is what the exit says, 2 the guest's state. SDM vol. 3, appendix B. */
export function vcpuField(subject: u32, field: u32): u64 { return isSwitching && (field >> 10 & 3) - 1 < 2 ? controlField(served!, field) : 0 }

export function vcpuSegment(subject: u32, segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  if (isSwitching && segment <= StartSegment.Ldtr) setSegment(served!, segment, selector, base, limit, attributes)
}

export function vcpuEnter(subject: u32, cr3: u32, paging: bool): void { if (isSwitching) enterTask(served!, cr3, paging) }
