/** A guest's access to what is not RAM: its instruction is decoded and carried out against the local APIC or the machine. */
import { Exception } from '../../capability/exception'
import * as hw from '../hw'
import { isMemoryMapped } from '../apic/localapic'
import { readRegister, writeRegister } from '../apic/xapic'
import { Offset } from '../../capability/localapic'
import { Exit } from '../../vmx/exit'
import { emulate, isPortAccess } from '../../vmx/instruction/execute'
import { decodeAt } from '../../vmx/instruction/fetch'
import { DecodeStatus } from '../../vmx/instruction/status'
import { EmulateStatus } from '../../capability/vcpu'
import { ApicMode, injectException, readDr7, readProcessor } from '../../vmx/operations'
import { setAbsence, setMmio, setGuest } from '../../vmx/guest/memory'
import { arm } from '../../vmx/guest/watch'
import { execute } from '../capability/vcpu'
import { crashGuest } from './crash'
import { askTouched } from './exchange'
import { finishEmulation, injectFault, instruction, refuse } from './exits'
import { act, giveTaskPriority, takeTaskPriority } from './interrupts'
import { readMmio, writeMmio } from './machine'
import { isGivenBack } from './memory'
import { apicOf, Vcpu } from './vcpu'
import { blocksOf, Vm, vmAt } from './vm'

@inline const PageMask: u64 = 0xFFF
@inline const BaseMask: u64 = 0x000F_FFFF_FFFF_F000

/** Whose instruction is being emulated. */
let running: Vcpu = changetype<Vcpu>(0)
let machineOf: Vm = changetype<Vm>(0)
let era: u64 = 0

/** Points the emulator's memory at this vCPU's VM. */
export function selectGuest(vcpu: Vcpu): void {
  running = vcpu
  const vm = vmAt(vcpu.vm)
  // What is known of its page tables stays, until it is another VM's turn, it was started anew, or memory went or came.
  if (vm == machineOf && vm.memoryEra == era) return
  machineOf = vm
  era = vm.memoryEra
  setGuest(blocksOf(machineOf), machineOf.blockCount)
}

/** Connects the emulator to the machine. */
export function initializeEmulator(): void {
  setMmio(read, write)
  setAbsence((gpa: u64) => isGivenBack(machineOf, gpa))
}

/** True where the local APIC of the vCPU that runs answers. */
@inline export function isApic(gpa: u64): bool {
  const apic = apicOf(running)
  return (gpa & ~PageMask) == (apic.base & BaseMask) && isMemoryMapped(apic)
}

function read(gpa: u64, size: u32): u64 {
  if (!isApic(gpa)) return readMmio(machineOf, gpa, size)
  takeTaskPriority(running)
  const value = readRegister(apicOf(running), <u32>(gpa & PageMask), hw.readTsc() + running.tscOffset)
  running.evaluate = true
  return value
}

function write(gpa: u64, size: u32, value: u64): void {
  if (!isApic(gpa)) {
    writeMmio(machineOf, gpa, size, value)
    return
  }
  const offset = <u32>(gpa & PageMask)
  if ((offset & 15) != 0) return // only the first 4 of a register's 16 bytes are defined
  const byHardware = running.apicMode != ApicMode.Emulated
  if (offset != Offset.Eoi || byHardware) takeTaskPriority(running)
  act(running, writeRegister(apicOf(running), offset, <u32>value, hw.readTsc() + running.tscOffset))
  if (offset == Offset.TaskPriority) giveTaskPriority(running)
  if (byHardware) running.evaluate = true
}

/** A nested page fault. */
export function memoryAccess(vcpu: Vcpu): void {
  if (isGivenBack(vmAt(vcpu.vm), vcpu.exit.gpa)) return askTouched(vmAt(vcpu.vm), vcpu.exit.gpa)
  if (vcpu.event != 0) {
    crashGuest(vcpu, 'an event could not be delivered: its stack or table is not in RAM')
    return
  }
  emulateNext(vcpu)
}

/** Decodes and carries out the instruction at RIP. */
export function emulateNext(vcpu: Vcpu): void {
  readProcessor(vcpu)
  const decoded = decodeAt(vcpu, instruction())
  let status = EmulateStatus.Unsupported
  if (decoded == DecodeStatus.Ok) {
    // The processor checks the right to use a port, and leaves the guest, before it reaches for memory: what has become INS or OUTS only since is for it to look at.
    if (isPortAccess(instruction()) && vcpu.exit.reason != Exit.Port) return
    arm(readDr7(vcpu))
    status = emulate(vcpu, instruction())
    if (status == EmulateStatus.Unsupported) status = execute(vcpu)
  } else if (decoded != DecodeStatus.Vector) return refuse(vcpu, decoded)
  if (status == EmulateStatus.Done || status == EmulateStatus.Again) finishEmulation(vcpu)
  else if (status == EmulateStatus.Fault) injectFault(vcpu)
  else if (status == EmulateStatus.Undefined) injectException(vcpu, Exception.InvalidOpcode, false, 0)
  else crashGuest(vcpu, 'an access to a device by an instruction that is not emulated')
}
