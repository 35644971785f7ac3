/** Which part of a vCPU's local APIC is the hardware's: as much as it can in the mode that the guest chose. */
import { getRegister, isMemoryMapped, isX2Apic } from '../apic/localapic'
import { levelEnded } from '../apic/priority'
import { ApicBase } from '../../capability/localapic'
import { writeRegister } from '../apic/xapic'
import * as hw from '../hw'
import { ApicMode, canVirtualizeApic, setApicMode } from '../../vmx/operations'
import { act, takeTaskPriority } from './interrupts'
import { mapNestedPage, windowHpa } from './memory'
import { apicOf, Vcpu } from './vcpu'
import { accessPage, vmAt } from './vm'

/**
 * To be called when IA32_APIC_BASE has changed. An APIC that is not at its usual address is left to the nucleus. The hardware answers at that address for vCPUs with
 * ApicMode.MemoryMapped only: to others of the VM, and to translations from before, the page there is memory (SDM vol. 3, 30.4), and so each VM has a page of its own.
 */
export function chooseApicMode(vcpu: Vcpu): void {
  const apic = apicOf(vcpu)
  const vm = vmAt(vcpu.vm)
  let mode = ApicMode.Emulated
  if (isX2Apic(apic)) mode = ApicMode.X2Apic
  else if (isMemoryMapped(apic) && (apic.base & ~<u64>0xFFF) == ApicBase.Default) mode = ApicMode.MemoryMapped
  if (!canVirtualizeApic(mode)) mode = ApicMode.Emulated
  if (mode == vcpu.apicMode) return
  takeTaskPriority(vcpu)
  if (vcpu.apicMode == ApicMode.MemoryMapped) mapNestedPage(vm, ApicBase.Default, 0)
  const page = windowHpa(accessPage(vm))
  if (mode == ApicMode.MemoryMapped && !mapNestedPage(vm, ApicBase.Default, page)) mode = ApicMode.Emulated
  setApicMode(vcpu, mode, page)
  vcpu.evaluate = true
}

/** The guest wrote a register, and the hardware has put it into the page already. */
export function apicWritten(vcpu: Vcpu): void {
  const apic = apicOf(vcpu)
  const offset = <u32>vcpu.exit.gpa
  takeTaskPriority(vcpu)
  act(vcpu, writeRegister(apic, offset, getRegister(apic, offset), hw.readTsc() + vcpu.tscOffset))
  vcpu.evaluate = true
}

/** The hardware has ended a level-triggered interrupt. */
export function interruptEnded(vcpu: Vcpu): void {
  takeTaskPriority(vcpu)
  act(vcpu, levelEnded(apicOf(vcpu), vcpu.exit.vector))
  vcpu.evaluate = true
}
