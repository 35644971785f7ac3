/** The MSRs that guests see and the nucleus goes by; the others are the machine's, and what it has not got takes #GP(0), as on a CPU without it. */
import * as hw from '../hw'
import { Msr } from '../../capability/msr'
import { writeApicBase } from '../apic/base'
import { Action, Never } from '../apic/localapic'
import { readTscDeadline, writeTscDeadline, moveTime } from '../apic/timer'
import { readMsr as readX2Apic, writeMsr as writeX2Apic } from '../apic/x2apic'
import { ApicMode, flushGuest, readEfer, readPat, readProcessor, setControlRegisters, setTscOffset, writePat } from '../../vmx/operations'
import { addressBits, guestExtended, hasTscAux, hasUserWait, hasXsaves } from './cpuid'
import { act, giveTaskPriority, takeTaskPriority } from './interrupts'
import { NoMsr, readMachineMsr, writeMachineMsr } from './machine'
import { StealTimeMsr, writeStealTime } from './steal'
import { noteApicTimer } from './timers'
import { apicOf, Vcpu } from './vcpu'
import { vmAt } from './vm'

/** EFER bits that guests may set: SCE, LME, NXE, FFXSR as CPUID has them. LMA follows. */
@inline const EferLme: u64 = 1 << 8
@inline const EferLma: u64 = 1 << 10

let value: u64 = 0
/** What the last `readMsr` read. */
export function msrValue(): u64 { return value }

@inline function guestTsc(vcpu: Vcpu): u64 { return hw.readTsc() + vcpu.tscOffset }

/** False is #GP(0). */
export function readMsr(vcpu: Vcpu, index: u32): bool {
  value = 0
  if (index - Msr.X2Apic < 0x100) {
    takeTaskPriority(vcpu)
    const apic = apicOf(vcpu)
    if (!readX2Apic(apic, index, guestTsc(vcpu))) return false
    value = apic.value
    return true
  }
  switch (index) {
    case Msr.Tsc: value = guestTsc(vcpu); return true
    case Msr.ApicBase: value = apicOf(vcpu).base; return true
    case Msr.TscAdjust: value = vcpu.tscAdjust; return true
    case Msr.Pat: value = readPat(vcpu); return true
    case Msr.TscDeadline: value = readTscDeadline(apicOf(vcpu), guestTsc(vcpu)); return true
    case Msr.Efer: value = readEfer(vcpu); return true
    case StealTimeMsr: value = vcpu.stealArea; return true
    case Msr.TscAux: value = vcpu.tscAux; return hasTscAux
    case Msr.UserWait: value = vcpu.userWait; return hasUserWait
    case Msr.SupervisorState: return hasXsaves // no component is offered
  }
  value = readMachineMsr(vmAt(vcpu.vm), vcpu.index, index)
  return value != NoMsr
}

/** False is #GP(0). */
export function writeMsr(vcpu: Vcpu, index: u32, written: u64): bool {
  // The ones that kernels write all the time come first.
  if (index == Msr.TscAdjust) {
    const delta = written - vcpu.tscAdjust
    vcpu.tscAdjust = written
    moveTsc(vcpu, delta)
    return true
  }
  if (index == Msr.TscDeadline) {
    act(vcpu, writeTscDeadline(apicOf(vcpu), written, guestTsc(vcpu)))
    return true
  }
  if (index - Msr.X2Apic < 0x100) {
    takeTaskPriority(vcpu)
    const action = writeX2Apic(apicOf(vcpu), index, written, guestTsc(vcpu))
    if ((action & Action.Fault) != 0) return false
    if (index == 0x808) giveTaskPriority(vcpu)
    if (vcpu.apicMode != ApicMode.Emulated) vcpu.evaluate = true
    act(vcpu, action)
    return true
  }
  switch (index) {
    case Msr.Tsc: {
      const delta = written - guestTsc(vcpu)
      vcpu.tscAdjust += delta
      moveTsc(vcpu, delta)
      return true
    }
    case Msr.ApicBase: {
      const action = writeApicBase(apicOf(vcpu), written, addressBits)
      if ((action & Action.Fault) != 0) return false
      act(vcpu, action)
      return true
    }
    case Msr.Pat:
      if (!arePatTypes(written)) return false
      writePat(vcpu, written)
      return true
    case StealTimeMsr: return writeStealTime(vcpu, written)
    case Msr.Efer: return writeEfer(vcpu, written)
    case Msr.TscAux:
      if (!hasTscAux || written >> 32 != 0) return false
      hw.writeMsr(index, vcpu.tscAux = <u32>written)
      return true
    case Msr.UserWait:
      if (!hasUserWait || (written >> 32 | written & 2) != 0) return false
      hw.writeMsr(index, vcpu.userWait = <u32>written)
      return true
    case Msr.SupervisorState: return hasXsaves && written == 0
  }
  return writeMachineMsr(vmAt(vcpu.vm), vcpu.index, index, written)
}

/** The guest moved its TSC, and IA32_TSC_ADJUST by as much (SDM vol. 3, 18.17.3); a TSC deadline keeps its value. */
@inline function moveTsc(vcpu: Vcpu, delta: u64): void {
  const offset = vcpu.tscOffset + delta
  vcpu.tscOffset = offset
  setTscOffset(vcpu, offset)
  if (apicOf(vcpu).timerDeadline != Never && moveTime(apicOf(vcpu), delta) != Action.None) noteApicTimer(vcpu)
}

/** SCE, LME, NXE, FFXSR. LME cannot change while paging is on; LMA is the CPU's own. APM vol. 2, 3.1.7. */
function writeEfer(vcpu: Vcpu, written: u64): bool {
  if ((written & ~allowedEfer()) != 0) return false
  readProcessor(vcpu)
  if ((vcpu.cr0 >> 31 & 1) != 0 && ((written ^ vcpu.efer) & EferLme) != 0) return false
  setControlRegisters(vcpu, vcpu.cr0, vcpu.cr3, vcpu.cr4, written & ~EferLma | vcpu.efer & EferLma)
  flushGuest(vcpu)
  return true
}

/** The bits of EFER that a guest may have. */
export function allowedEfer(): u64 {
  let allowed: u64 = EferLma
  if ((guestExtended & 1 << 11) != 0) allowed |= 1
  if ((guestExtended & 1 << 29) != 0) allowed |= EferLme
  if ((guestExtended & 1 << 20) != 0) allowed |= 1 << 11
  if ((guestExtended & 1 << 25) != 0) allowed |= 1 << 14
  return allowed
}

/** True when all eight entries are types that exist; bits 7:3 of each are reserved, and types 2 and 3. APM vol. 2, 7.8.1. */
function arePatTypes(value: u64): bool {
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    const type = <u32>(value >> shift) & 0xFF
    if (type > 7 || type == 2 || type == 3) return false
  }
  return true
}
