/** IN, OUT and their string forms. */
import { arm, conditions, isArmed, note, Watched } from '../../vmx/guest/watch'
import { completeInstruction, readDr7, trapDebug } from '../../vmx/operations'
import { readPort, writePort } from './machine'
import { emulateNext } from './mmio'
import { Vcpu } from './vcpu'
import { vmAt } from './vm'

/** The processor has checked that the guest may use the port. */
export function portAccess(vcpu: Vcpu): void {
  const exit = vcpu.exit
  if (exit.isString) {
    emulateNext(vcpu)
    return
  }
  vcpu.rip += exit.length
  completeInstruction(vcpu)
  arm(readDr7(vcpu))
  if (isArmed()) note(exit.port, exit.size, Watched.Port)
  if (conditions() != 0) trapDebug(vcpu, conditions())
  const vm = vmAt(vcpu.vm)
  const mask: u64 = exit.size == 1 ? 0xFF : exit.size == 2 ? 0xFFFF : 0xFFFF_FFFF
  if (!exit.isIn) writePort(vm, exit.port, exit.size, <u32>(vcpu.rax & mask))
  else {
    const value = readPort(vm, exit.port, exit.size)
    // A 32-bit result clears the upper half; narrower ones leave the rest.
    vcpu.rax = exit.size == 4 ? value : vcpu.rax & ~mask | value & mask
  }
}
