/** The `task` capability: a vCPU's hardware task switch, which its VM's machine carries out. */
import { TaskOutcome, TaskRegistersBytes } from '../../capability/task'
import { StartSegment } from '../../capability/start'
import { locate, readSpan, Span, writeSpan } from '../../vmx/guest/linear'
import { withoutDevices } from '../../vmx/guest/memory'
import { Access } from '../../vmx/guest/paging'
import { controlField, enterTask, injectException, readProcessor, setSegment, trapDebug, writeProcessor } from '../../vmx/operations'
import { call, findExport, giveBytes, sandbox, takeBytes } from '../sandbox/sandbox'
import { injectFault } from '../vm/exits'
import { afterMachine } from '../vm/machine'
import { initializeEmulator } from '../vm/mmio'
import { Vcpu } from '../vm/vcpu'
import { vmAt } from '../vm/vm'

@inline const TaskSwitched: u64 = 1 << 15 // DR6.BT
const span = changetype<Span>(memory.data(24, 8))
const value: usize = memory.data(8, 8)

let switching: Vcpu | null = null
/** Says whose state the machine that is called next may reach; null when it may none. */
export function setSwitching(vcpu: Vcpu | null): void { switching = vcpu }

/** The task switch of the last exit. */
export function switchTask(vcpu: Vcpu): void {
  const vm = vmAt(vcpu.vm)
  vcpu.event = 0
  setSwitching(vcpu)
  withoutDevices() // they are the machine's, and that is being called
  const outcome = call(sandbox(vm.machine), findExport(sandbox(vm.machine), 'switchTask'))
  initializeEmulator()
  setSwitching(null)
  afterMachine(vm)
  if (outcome == TaskOutcome.PageFault) injectFault(vcpu)
  else if (outcome == TaskOutcome.Debug) trapDebug(vcpu, TaskSwitched)
  else if (outcome != TaskOutcome.Done) injectException(vcpu, <u32>outcome & 0xFF, true, <u32>(outcome >> 32))
}

export function taskRegisters(subject: u32, target: usize): bool {
  if (switching === null) return false
  readProcessor(switching!)
  return giveBytes(sandbox(subject), target, changetype<usize>(switching), TaskRegistersBytes)
}

export function taskSetRegisters(subject: u32, source: usize): bool {
  if (switching === null || !takeBytes(sandbox(subject), changetype<usize>(switching), source, TaskRegistersBytes)) return false
  writeProcessor(switching!)
  return true
}

/** Bits 11:10 of an encoding: 1 is what the exit says, 2 the guest's state. SDM vol. 3, appendix B. */
export function taskField(subject: u32, field: u32): u64 { return switching !== null && (field >> 10 & 3) - 1 < 2 ? controlField(switching!, field) : 0 }

export function taskSegment(subject: u32, segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  if (switching !== null && segment <= StartSegment.Ldtr) setSegment(switching!, segment, selector, base, limit, attributes)
}

export function taskEnter(subject: u32, cr3: u32, paging: bool): void { if (switching !== null) enterTask(switching!, cr3, paging) }

function reaches(linear: u32, size: u32, access: u32): bool { return switching !== null && size - 1 < 8 && locate(switching!, linear, size, access, span) }

export function taskRead(subject: u32, linear: u32, size: u32, target: usize): bool {
  if (!reaches(linear, size, Access.Read)) return false
  store<u64>(value, readSpan(span))
  return giveBytes(sandbox(subject), target, value, size)
}

export function taskWrite(subject: u32, linear: u32, size: u32, value: u64): bool {
  if (!reaches(linear, size, Access.Write)) return false
  writeSpan(span, value)
  return true
}
