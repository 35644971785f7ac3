/** The MSRs that guests see; all others take #GP(0), as on a CPU that has not got them. */
import * as hw from '../hw'
import { writeApicBase } from '../apic/base'
import { Action, Never } from '../apic/localapic'
import { readTscDeadline, writeTscDeadline, moveTime } from '../apic/timer'
import { readMsr as readX2Apic, writeMsr as writeX2Apic } from '../apic/x2apic'
import { ApicMode, flushGuest, readEfer, readPat, readProcessor, setControlRegisters, setTscOffset, writePat } from '../../vmx/operations'
import { addressBits, guestExtended, hasTscAux, hasUserWait, hasXsaves } from './cpuid'
import { act, giveTaskPriority, takeTaskPriority } from './interrupts'
import { StealTimeMsr, writeStealTime } from './steal'
import { noteApicTimer } from './timers'
import { apicOf, mtrrs, Vcpu } from './vcpu'

/** Numbers. SDM vol. 4, table 2-2; APM vol. 2, appendix A. */
export namespace Msr {
  export const Tsc: u32 = 0x10
  export const ApicBase: u32 = 0x1B
  export const TscAdjust: u32 = 0x3B
  export const PatchLevel: u32 = 0x8B
  export const UserWait: u32 = 0xE1 // IA32_UMWAIT_CONTROL
  export const MtrrCapability: u32 = 0xFE
  export const MachineCheckCapability: u32 = 0x179
  export const MachineCheckStatus: u32 = 0x17A
  export const MiscEnable: u32 = 0x1A0
  export const DebugControl: u32 = 0x1D9
  export const MtrrVariable: u32 = 0x200
  export const MtrrFixed64: u32 = 0x250
  export const MtrrFixed16: u32 = 0x258
  export const MtrrFixed4: u32 = 0x268
  export const Pat: u32 = 0x277
  export const MtrrDefault: u32 = 0x2FF
  export const TscDeadline: u32 = 0x6E0
  export const X2Apic: u32 = 0x800
  export const SupervisorState: u32 = 0xDA0 // IA32_XSS
  export const Efer: u32 = 0xC000_0080
  export const TscAux: u32 = 0xC000_0103
  export const SystemConfiguration: u32 = 0xC001_0010
  export const HardwareConfiguration: u32 = 0xC001_0015
  export const NorthbridgeConfiguration: u32 = 0xC001_001F
  export const VmCr: u32 = 0xC001_0114
  export const DecodeConfiguration: u32 = 0xC001_1029
}

const VariableRanges: u32 = 8
// Fixed ranges in order: one of 64K, two of 16K, eight of 4K.
const FixedRanges: u32 = 11
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
  const range = mtrrSlot(index)
  if (range >= 0) {
    value = load<u64>(mtrrs(vcpu) + (range << 3))
    return true
  }
  switch (index) {
    case Msr.Tsc: value = guestTsc(vcpu); return true
    case Msr.ApicBase: value = apicOf(vcpu).base; return true
    case Msr.TscAdjust: value = vcpu.tscAdjust; return true
    case Msr.MtrrCapability: value = VariableRanges | 1 << 8 | 1 << 10; return true // fixed ranges and write-combining
    case Msr.Pat: value = readPat(vcpu); return true
    case Msr.MtrrDefault: value = vcpu.mtrrDefault; return true
    case Msr.TscDeadline: value = readTscDeadline(apicOf(vcpu), guestTsc(vcpu)); return true
    case Msr.Efer: value = readEfer(vcpu); return true
    case Msr.MiscEnable: value = 1 | 1 << 11 | 1 << 12; return true // fast strings; neither BTS nor PEBS
    case StealTimeMsr: value = vcpu.stealArea; return true
    case Msr.HardwareConfiguration: value = vcpu.hardwareConfiguration; return true
    case Msr.VmCr: value = 1 << 3 | 1 << 4; return true // SVM disabled and locked
    case Msr.DecodeConfiguration: value = 1 << 1; return true // LFENCE serializes
    case Msr.TscAux: value = vcpu.tscAux; return hasTscAux
    case Msr.UserWait: value = vcpu.userWait; return hasUserWait
    case Msr.SupervisorState: return hasXsaves // no component is offered
    case Msr.PatchLevel:
    case Msr.MachineCheckCapability: // no banks
    case Msr.MachineCheckStatus:
    case Msr.DebugControl:
    case Msr.SystemConfiguration:
    case Msr.NorthbridgeConfiguration: return true
  }
  return false
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
  const range = mtrrSlot(index)
  if (range >= 0) return writeMtrr(vcpu, range, written)
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
    case Msr.MtrrDefault:
      if ((written & ~<u64>0xC07) != 0 || !isMemoryType(<u32>written & 0xFF)) return false
      vcpu.mtrrDefault = written
      return true
    case Msr.Efer: return writeEfer(vcpu, written)
    case Msr.HardwareConfiguration:
      vcpu.hardwareConfiguration = written & (1 << 24 | 0x7F)
      return true
    case Msr.TscAux:
      if (!hasTscAux || written >> 32 != 0) return false
      hw.writeMsr(index, vcpu.tscAux = <u32>written)
      return true
    case Msr.UserWait:
      if (!hasUserWait || (written >> 32 | written & 2) != 0) return false
      hw.writeMsr(index, vcpu.userWait = <u32>written)
      return true
    case Msr.SupervisorState: return hasXsaves && written == 0
    case Msr.MachineCheckStatus: return written == 0
    case Msr.DebugControl: return written == 0
    case Msr.PatchLevel:
    case Msr.MiscEnable:
    case Msr.SystemConfiguration:
    case Msr.NorthbridgeConfiguration:
    case Msr.DecodeConfiguration: return true
  }
  return false
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

/** Place of an MTRR in the vCPU's table, or -1. */
function mtrrSlot(index: u32): i32 {
  if (index == Msr.MtrrFixed64) return 0
  if (index - Msr.MtrrFixed16 < 2) return 1 + index - Msr.MtrrFixed16
  if (index - Msr.MtrrFixed4 < 8) return 3 + index - Msr.MtrrFixed4
  if (index - Msr.MtrrVariable < 2 * VariableRanges) return FixedRanges + index - Msr.MtrrVariable
  return -1
}

function isMemoryType(type: u32): bool { return type <= 6 && type != 2 && type != 3 }

/** True when all eight entries are types that exist; bits 7:3 of each are reserved, and types 2 and 3. APM vol. 2, 7.8.1. */
function arePatTypes(value: u64): bool {
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    const type = <u32>(value >> shift) & 0xFF
    if (type > 7 || type == 2 || type == 3) return false
  }
  return true
}

/** MTRRs are kept for the guest to read back; RAM is write-back whatever they say, as nested paging decides. */
function writeMtrr(vcpu: Vcpu, slot: u32, written: u64): bool {
  if (slot < FixedRanges) {
    for (let shift: u64 = 0; shift < 64; shift += 8) if (!isMemoryType(<u32>(written >> shift) & 0xFF)) return false
  } else {
    const isMask = (slot - FixedRanges & 1) != 0
    const reserved = ~((<u64>1 << addressBits) - 1) | (isMask ? 0x7FF : 0xF00)
    if ((written & reserved) != 0 || !isMask && !isMemoryType(<u32>written & 0xFF)) return false
  }
  store<u64>(mtrrs(vcpu) + (<usize>slot << 3), written)
  return true
}
