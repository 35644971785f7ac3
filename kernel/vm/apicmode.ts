/** Which part of a vCPU's local APIC is the hardware's: as much as it can in the mode that the guest chose. */
import { getRegister, isMemoryMapped, isX2Apic } from '../apic/localapic'
import { levelEnded } from '../apic/priority'
import { ApicBase } from '../../capability/localapic'
import { writeRegister } from '../apic/xapic'
import * as hw from '../hw'
import { allocate } from '../memory/frames'
import { Owner } from '../../capability/owner'
import { ApicMode, canVirtualizeApic, setApicMode } from '../../vmx/operations'
import { act, takeTaskPriority } from './interrupts'
import { mapNestedPage } from './memory'
import { apicOf, Vcpu } from './vcpu'
import { vmAt } from './vm'

/** hpa of what guests have at the APIC's address where the hardware answers for it. Nobody's access ever reaches it. */
let accessPage: u64 = 0

/** Once, when hardware virtualization is on. */
export function initializeApicMode(): void { if (canVirtualizeApic(ApicMode.MemoryMapped)) accessPage = allocate(Owner.Nucleus) }

/** To be called when IA32_APIC_BASE has changed. An APIC that is not at its usual address is left to the nucleus. */
export function chooseApicMode(vcpu: Vcpu): void {
  const apic = apicOf(vcpu)
  const vm = vmAt(vcpu.vm)
  let mode = ApicMode.Emulated
  if (isX2Apic(apic)) mode = ApicMode.X2Apic
  else if (isMemoryMapped(apic) && (apic.base & ~<u64>0xFFF) == ApicBase.Default && accessPage != 0) mode = ApicMode.MemoryMapped
  if (!canVirtualizeApic(mode)) mode = ApicMode.Emulated
  if (mode == vcpu.apicMode) return
  takeTaskPriority(vcpu)
  if (vcpu.apicMode == ApicMode.MemoryMapped) mapNestedPage(vm, ApicBase.Default, 0)
  if (mode == ApicMode.MemoryMapped && !mapNestedPage(vm, ApicBase.Default, accessPage)) mode = ApicMode.Emulated
  setApicMode(vcpu, mode, accessPage)
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
