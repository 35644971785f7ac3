/** The small capabilities of a machine: clock, interrupt, serial, power, config, start. */
import { VmState } from '../../capability/admin'
import * as hw from '../hw'
import { ConfigNumber } from '../../capability/config'
import { StartSegment, StartState, StartStateBytes } from '../../capability/start'
import { TaskRegistersBytes } from '../../capability/vcpu'
import { messageCommand } from '../apic/icr'
import { outputWaiting, thisCpu } from '../cpu/cpu'
import { callUpon } from '../cpu/kick'
import { acpi } from '../firmware/acpi'
import { TextCapacity, VmConfiguration } from '../../capability/configuration'
import { configuration, giveSpan } from '../config/configuration'
import { sandbox, takeBytes } from '../sandbox/sandbox'
import { tscFrequency } from '../time/calibrate'
import { bootTsc, later, toNanoseconds, toTicks } from '../time/clock'
import { setControlRegisters, setSegment, setTableBase, setTableLimit, Table, writeProcessor } from '../../vmx/operations'
import { addressBits, guestCr4 } from '../vm/cpuid'
import { lookAtIntr, send } from '../vm/interrupts'
import { allowedEfer } from '../vm/msr'
import { post, Posted } from '../vm/post'
import { noteDeadline, noteMachineDeadline } from '../vm/timers'
import { inputQueue, PowerRequest, serialRing, vcpuAt, Vm, vmAt } from '../vm/vm'

/** Nanoseconds after which what a guest of the first CPU has written is shown: not each byte ends its turn. */
@inline const OutputPause: u64 = 10_000_000

/** The VM that a machine belongs to. The policy grants these spaces to machines only, so there always is one. */
@inline function vmOf(subject: u32): Vm { return vmAt(sandbox(subject).vm) }
@inline function configurationOf(subject: u32): VmConfiguration { return configuration().vm(sandbox(subject).vm) }

/** Whole seconds, and the fraction goes to the machine's clock: its time 0 is when the VM was powered on. */
export function clockEpoch(subject: u32): u64 {
  return acpi().epoch + toNanoseconds(0 - vmOf(subject).clockOffset - bootTsc) / 1_000_000_000
}

export function clockArm(subject: u32, deadline: u64): void {
  const vm = vmOf(subject)
  noteMachineDeadline(vm, later(toTicks(deadline), 0 - vm.clockOffset))
}

export function interruptMessage(subject: u32, address: u64, data: u32): void { send(vmOf(subject), -1, messageCommand(address, data)) }

export function interruptIntr(subject: u32, level: bool): void {
  const vm = vmOf(subject)
  vm.intr = level
  lookAtIntr(vm)
}

export function serialOutput(subject: u32, byte: u32): void {
  serialRing(vmOf(subject)).push(byte)
  if (hw.exchange32(outputWaiting(), 1) != 0) return
  if (thisCpu != 0) callUpon(0)
  else noteDeadline(later(hw.readTsc(), toTicks(OutputPause)))
}

export function serialInput(subject: u32): i32 { return inputQueue(vmOf(subject)).pull() }

export function powerOff(subject: u32): void { vmOf(subject).powerRequest = PowerRequest.Off }

export function powerReset(subject: u32, cause: u32): void {
  const vm = vmOf(subject)
  vm.powerRequest = PowerRequest.Reset
  vm.resetCause = cause
}

/** One that goes is left as INIT leaves it. */
export function powerPlug(subject: u32, index: u32, present: bool): void {
  const vm = vmOf(subject)
  if (index == 0 || index >= (present ? vm.vcpusAsked : vm.vcpuCount)) return
  const bit = <u64>1 << index
  vm.plugged = present ? vm.plugged | bit : vm.plugged & ~bit
  if (!present) post(vcpuAt(vm, index), Posted.Init)
}

export function configNumber(subject: u32, key: u32): u64 {
  switch (key) {
    case ConfigNumber.BootProtocol: return configurationOf(subject).protocol
    case ConfigNumber.VcpuCount: return vmOf(subject).vcpusAsked
    case ConfigNumber.MaxVcpus: return vmOf(subject).vcpuCount
    case ConfigNumber.ModuleCount: return configurationOf(subject).moduleCount
    case ConfigNumber.Devices: return configurationOf(subject).devices
    case ConfigNumber.MemoryWanted: return vmOf(subject).memoryWanted
    case ConfigNumber.PhysicalWidth: return addressBits
    case ConfigNumber.TscFrequency:
    case ConfigNumber.ApicFrequency: return tscFrequency
  }
  return 0
}

export function configText(subject: u32, key: u32, target: usize, capacity: u32): u32 {
  return key < TextCapacity ? giveSpan(subject, configurationOf(subject).text(key), target, capacity) : 0
}

const state = changetype<StartState>(memory.data(0xD0, 8))

/** A machine may start its guest in any state, which the hardware refuses if no guest can have it, and may not touch the state of one that runs. */
export function startState(subject: u32, source: usize): bool {
  if (vmOf(subject).state == VmState.Running || !takeBytes(sandbox(subject), changetype<usize>(state), source, StartStateBytes)) return false
  const vcpu = vcpuAt(vmOf(subject), 0)
  memory.copy(changetype<usize>(vcpu), changetype<usize>(state), TaskRegistersBytes)
  writeProcessor(vcpu)
  setControlRegisters(vcpu, state.cr0, state.cr3, state.cr4 & guestCr4, state.efer & allowedEfer())
  setTableBase(vcpu, Table.Gdtr, state.gdtrBase)
  setTableLimit(vcpu, Table.Gdtr, <u32>state.gdtrLimit)
  setTableBase(vcpu, Table.Idtr, state.idtrBase)
  setTableLimit(vcpu, Table.Idtr, <u32>state.idtrLimit)
  return true
}

export function startSegment(subject: u32, segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  if (segment > StartSegment.Ldtr || vmOf(subject).state == VmState.Running) return
  setSegment(vcpuAt(vmOf(subject), 0), segment, selector, base, limit, attributes)
}
