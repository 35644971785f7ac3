/** Writes of CR0, CR4 and CR8, and of XCR0: checked here, since what is reserved must fault and what the nucleus relies on must stay. */
import { Exception } from '../../capability/exception'
import * as hw from '../hw'
import { writeCr8, readCr8 } from '../apic/priority'
import { Action } from '../apic/localapic'
import { decodeAt } from '../../vmx/instruction/fetch'
import { OpcodeMap } from '../../capability/instruction'
import { DecodeStatus } from '../../vmx/instruction/status'
import { completeInstruction, flushGuest, hasReservedPointer, injectException, readProcessor, setControlRegisters, wasEntered } from '../../vmx/operations'
import { Exit } from '../../vmx/exit'
import { Cr0 } from '../../vmx/guest/paging'
import { addressBits, guestCr4, guestXcr0, hasXsave } from './cpuid'
import { crashGuest } from './crash'
import { instruction, refuse, skip } from './exits'
import { act, giveTaskPriority, takeTaskPriority } from './interrupts'
import { apicOf, Vcpu, vcpuExits } from './vcpu'

@inline const Pae: u64 = 1 << 5
@inline const Pge: u64 = 1 << 7
@inline const PagingBits: u64 = 1 << 4 | Pae | Pge | 1 << 20 | 1 << 21
@inline const EferLme: u64 = 1 << 8
@inline const EferLma: u64 = 1 << 10

/** MOV to CR0 or CR4, or to or from CR8. */
export function controlRegister(vcpu: Vcpu): void {
  readProcessor(vcpu)
  const status = decodeAt(vcpu, instruction())
  if (status != DecodeStatus.Ok) {
    refuse(vcpu, status)
    return
  }
  const decoded = instruction()
  // 0F 20 and 0F 22: the general register is ModRM.rm with REX.B.
  const register = decoded.modrm & 7 | (decoded.rex & 1) << 3
  const at = changetype<usize>(vcpu) + (<usize>register << 3)
  const value = vcpu.codeSize == 64 ? load<u64>(at) : load<u64>(at) & 0xFFFF_FFFF
  if (vcpu.exit.register == 8) {
    takeTaskPriority(vcpu)
    if (vcpu.exit.isIn) store<u64>(at, readCr8(apicOf(vcpu)))
    else {
      const action = writeCr8(apicOf(vcpu), value)
      if ((action & Action.Fault) != 0) {
        injectException(vcpu, Exception.GeneralProtection, true, 0)
        return
      }
      giveTaskPriority(vcpu)
      act(vcpu, action)
    }
  } else if (!(vcpu.exit.register == 0 ? writeCr0(vcpu, value) : writeCr4(vcpu, value))) {
    injectException(vcpu, Exception.GeneralProtection, true, 0)
    return
  }
  vcpu.rip = vcpu.codeSize == 64 ? vcpu.rip + decoded.length : vcpu.rip + decoded.length & 0xFFFF_FFFF
  completeInstruction(vcpu)
}

/**
 * The hardware refused the guest's state. Processors check CR3's reserved bits at the MOV, QEMU's leaves the guest there with
 * VMEXIT_INVALID: such a guest gets the #GP(0) that it asked for. Twice in a row is a state that no exception mends. Where the entry
 * itself was refused QEMU has saved the host's own state over the guest's, which must never run in the guest.
 */
export function refusedState(vcpu: Vcpu): void {
  let exits: u64 = 0
  for (let reason: u32 = 0; reason < Exit.Count; reason++) exits += load<u64>(vcpuExits(vcpu, reason))
  const again = exits - vcpu.refusedAt == 1
  vcpu.refusedAt = exits
  readProcessor(vcpu)
  if (!again && wasEntered(vcpu) && decodeAt(vcpu, instruction()) == DecodeStatus.Ok && isReservedCr3(vcpu)) injectException(vcpu, Exception.GeneralProtection, true, 0)
  else crashGuest(vcpu, 'entry refused')
}

/** Whether the decoded instruction is a MOV to CR3 of bits beyond the physical address. APM vol. 2, 3.1.2 and 5.3.2. */
function isReservedCr3(vcpu: Vcpu): bool {
  const decoded = instruction()
  if (decoded.map != OpcodeMap.TwoByte || decoded.opcode != 0x22 || decoded.register != 3) return false
  const register = decoded.modrm & 7 | (decoded.rex & 1) << 3
  return load<u64>(changetype<usize>(vcpu) + (<usize>register << 3)) >> addressBits != 0
}

/** Only VT-x intercepts it, for the bits that the host keeps. SDM vol. 3, 2.5 and 5.1.3. */
function writeCr0(vcpu: Vcpu, value: u64): bool {
  if (value >> 32 != 0 || (value & (Cr0.PG | Cr0.PE)) == Cr0.PG || (value & (Cr0.NW | Cr0.CD)) == Cr0.NW) return false
  const isPaging = (value & Cr0.PG) != 0
  const isLongPaging = isPaging && (vcpu.cr0 & Cr0.PG) == 0 && (vcpu.efer & EferLme) != 0
  if (isLongPaging && (vcpu.cr4 & Pae) == 0 || !isPaging && vcpu.codeSize == 64) return false
  // The pointers of PAE paging are loaded anew. SDM vol. 3, 4.4.1.
  if (isPaging && ((value ^ vcpu.cr0) & (Cr0.PG | Cr0.CD | Cr0.NW)) != 0 && (vcpu.cr4 & Pae) != 0 && (vcpu.efer & EferLme) == 0 && hasReservedPointer(vcpu.cr3)) return false
  setControlRegisters(vcpu, value | Cr0.ET, vcpu.cr3, vcpu.cr4, vcpu.efer)
  if (((value ^ vcpu.cr0) & (Cr0.PG | Cr0.WP | Cr0.PE)) != 0) flushGuest(vcpu)
  return true
}

function writeCr4(vcpu: Vcpu, value: u64): bool {
  if ((value & ~guestCr4) != 0) return false
  if ((vcpu.efer & EferLma) != 0 && (value & Pae) == 0) return false
  if ((vcpu.cr0 & Cr0.PG) != 0 && (vcpu.efer & EferLma) == 0 && (value & Pae) != 0 && ((value ^ vcpu.cr4) & PagingBits & ~(1 << 21)) != 0 && hasReservedPointer(vcpu.cr3)) return false
  setControlRegisters(vcpu, vcpu.cr0, vcpu.cr3, value, vcpu.efer)
  if (((value ^ vcpu.cr4) & PagingBits) != 0) flushGuest(vcpu)
  return true
}

/** XSETBV: only XCR0, only what CPUID offers, x87 always, AVX only with SSE. SDM vol. 1, 13.3. */
export function xsetbv(vcpu: Vcpu): void {
  readProcessor(vcpu)
  const value = vcpu.rdx << 32 | vcpu.rax & 0xFFFF_FFFF
  if (!hasXsave || (vcpu.cr4 & 1 << 18) == 0) {
    injectException(vcpu, Exception.InvalidOpcode, false, 0)
    return
  }
  const bad = vcpu.cpl != 0 || <u32>vcpu.rcx != 0 || (value & ~guestXcr0) != 0 || (value & 1) == 0 || (value & 6) == 4
  if (bad) {
    injectException(vcpu, Exception.GeneralProtection, true, 0)
    return
  }
  if (!skip(vcpu)) return
  vcpu.xcr0 = value
  hw.writeXcr0(value)
}
