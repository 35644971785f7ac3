/** One vCPU's VMCB, whose fields are the test's, and what is said when its entry fails. */
import { Context } from '../../../vmx/context'
import { setPhysicalWidth } from '../../../vmx/guest/paging'
import { controlField, initializeControl, saveOf, vmcbOf } from '../../../vmx/amd/control'
import { SaveArea } from '../../../capability/vmcb'
import { assignIdentifier } from '../../../vmx/amd/identifier'
import { detectFeatures } from '../../../vmx/amd/features'
import { initializeRun, run, wasEntered } from '../../../vmx/amd/run'
import { explainVmrun } from '../../../services/refusal/amd'
import { brokenRule, refusedAs, refusedPart, refusedValue } from '../../../services/refusal/rule'

const pages: usize = memory.data(0x3000)
@inline function vcpu(): Context { return changetype<Context>((pages + 0xFFF) & ~0xFFF) }

export function start(): void {
  detectFeatures()
  setPhysicalWidth(40)
  initializeRun(0x4000)
  const context = vcpu()
  memory.fill(changetype<usize>(context), 0, 0x2000)
  context.control = changetype<usize>(context) + 0x1000
  context.controlHpa = 0x5000
  context.nestedRoot = 0x6000
  initializeControl(context, 0x8000, false, false)
  assignIdentifier(context)
}

/** As one of several vCPUs, whose PAUSEs are to be seen. */
export function startBesideOthers(each: bool): void {
  detectFeatures()
  initializeControl(vcpu(), 0x8000, true, each)
}

export function enter(): void { run(vcpu()) }
export function entered(): bool { return wasEntered(vcpu()) }
export function exitReason(): u32 { return vcpu().exit.reason }
export function exitVector(): u32 { return vcpu().exit.vector }
export function rip(): u64 { return vcpu().rip }
export function setRip(value: u64): void { vcpu().rip = value }
export function save(): usize { return changetype<usize>(saveOf(vcpu())) }
export function saveBytes(): usize { return offsetof<SaveArea>() }
export function control(): usize { return changetype<usize>(vmcbOf(vcpu())) }

export function explain(): void { explainVmrun() }
/** What the nucleus answers to that. */
export function field(offset: u32): u64 { return controlField(vcpu(), offset) }
/** Strings, whose length is in the 4 bytes before them. */
export function kind(): usize { return changetype<usize>(refusedAs) }
export function part(): usize { return changetype<usize>(refusedPart) }
export function rule(): usize { return changetype<usize>(brokenRule) }
export function value(): u64 { return refusedValue }
