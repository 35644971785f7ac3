/**
 * Giving the CPU's own registers from one vCPU to another. The nucleus uses neither floating point nor debug registers, so they
 * stay the guest's over its exits and change hands only here.
 */
import { thisCpu } from '../cpu/cpu'
import * as hw from '../hw'
import { adopt, assignIdentifier, loadState, retire, saveState } from '../../vmx/operations'
import { hasTscAux, hasUserWait, hasXsave } from './cpuid'
import { selectGuest } from './mmio'
import { Msr } from '../../capability/msr'
import { Vcpu } from './vcpu'

/** Whose registers the CPU holds; 0 for nobody's: then XCR0 is the host's. */
let loaded: usize = 0
let hostXcr0: u64 = 3
/** Whose VM ran last, and whether the branch predictor can be told to forget it. */
let lastVm: u32 = u32.MAX_VALUE
let hasPredictionBarrier = false
const PredictionCommand: u32 = 0x49 // PRED_CMD; bit 0 is IBPB
@inline const Cr4Osxsave: u64 = 1 << 18
@inline const Cr4Fxsr: u64 = 3 << 9 // OSFXSR, OSXMMEXCPT
@inline const Cr0TaskSwitched: u64 = 1 << 3
@inline const Cr0Emulation: u64 = 1 << 2
// In an XSAVE area. SDM vol. 1, 13.4.
const TagOffset: u64 = 4
const MxcsrOffset: u64 = 24
const ComponentsOffset: u64 = 512 // XSTATE_BV
const MxcsrDefault: u32 = 0x1F80

/** Lets this CPU save all state components that guests may use. */
export function initializeSwitch(xcr0: u64): void {
  hostXcr0 = xcr0
  hw.writeCr0(hw.readCr0() & ~(Cr0TaskSwitched | Cr0Emulation) | 2)
  hw.writeCr4(hw.readCr4() | Cr4Fxsr | (hasXsave ? Cr4Osxsave : 0))
  if (hasXsave) hw.writeXcr0(xcr0)
  // Guests have no supervisor state: where there is XSAVES the firmware's choice is not theirs.
  if (hasXsave && (hw.cpuid(0x0D, 1, 0) >> 3 & 1) != 0) hw.writeMsr(Msr.SupervisorState, 0)
  // CPUID 8000_0008h EBX[12]. APM vol. 2, 3.2.9.
  hasPredictionBarrier = hw.cpuid(0x8000_0000, 0, 0) >= 0x8000_0008 && (hw.cpuid(0x8000_0008, 0, 1) >> 12 & 1) != 0
}

/** State components as after power-on: all zero, but for MXCSR and the x87 control word, and no x87 register empty. SDM vol. 3, table 10-1. */
export function resetExtendedState(vcpu: Vcpu): void {
  hw.zero(vcpu.state, 4096)
  hw.store16(vcpu.state, 0x40)
  hw.store16(vcpu.state + TagOffset, 0xFF)
  hw.store16(vcpu.state + ComponentsOffset, 1) // the x87 state is not what FNINIT leaves
  hw.store32(vcpu.state + MxcsrOffset, MxcsrDefault)
}

/** Makes `vcpu` the one whose registers the CPU holds. */
@inline export function switchTo(vcpu: Vcpu): void {
  if (vcpu.resident != thisCpu) {
    vcpu.resident = thisCpu
    adopt(vcpu)
  }
  assignIdentifier(vcpu)
  if (loaded == changetype<usize>(vcpu)) return
  unload()
  loaded = changetype<usize>(vcpu)
  selectGuest(vcpu)
  // What one VM taught the branch predictor must not steer another (Spectre variant 2).
  if (hasPredictionBarrier && vcpu.vm != lastVm) {
    lastVm = vcpu.vm
    hw.writeMsr(PredictionCommand, 1)
  }
  if (hasXsave) {
    hw.xrstor(vcpu.state, hostXcr0)
    if (vcpu.xcr0 != hostXcr0) hw.writeXcr0(vcpu.xcr0)
  } else hw.fxrstor(vcpu.state)
  hw.writeDr0(vcpu.dr0)
  hw.writeDr1(vcpu.dr1)
  hw.writeDr2(vcpu.dr2)
  hw.writeDr3(vcpu.dr3)
  if (hasTscAux) hw.writeMsr(Msr.TscAux, vcpu.tscAux)
  if (hasUserWait) hw.writeMsr(Msr.UserWait, vcpu.userWait)
  loadState(vcpu)
}

/** Saves what the CPU holds to its owner. */
@inline export function unload(): void {
  if (loaded == 0) return
  const vcpu = changetype<Vcpu>(loaded)
  loaded = 0
  if (hasXsave) {
    vcpu.xcr0 = hw.readXcr0() // a CPU that does not intercept XSETBV lets the guest change it unseen
    if (vcpu.xcr0 != hostXcr0) hw.writeXcr0(hostXcr0)
    hw.xsave(vcpu.state, hostXcr0)
  } else hw.fxsave(vcpu.state)
  vcpu.dr0 = hw.readDr0()
  vcpu.dr1 = hw.readDr1()
  vcpu.dr2 = hw.readDr2()
  vcpu.dr3 = hw.readDr3()
  saveState(vcpu)
}

/** Takes what the CPU holds of a vCPU's registers, so that they can be changed. */
export function settle(vcpu: Vcpu): void { if (loaded == changetype<usize>(vcpu)) unload() }

/** Leaves nothing of a vCPU on this CPU, so that another may run it next, or its memory go. */
export function setDown(vcpu: Vcpu): void {
  settle(vcpu)
  retire(vcpu)
}
