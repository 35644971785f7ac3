/** One vCPU's VMCS, whose fields are the test's, and what is said when its entry fails. */
import { Context } from '../../../vmx/context'
import { setGuest } from '../../../vmx/guest/memory'
import { setPhysicalWidth } from '../../../vmx/guest/paging'
import { initializeControl, injectException, resetState } from '../../../vmx/intel/control'
import { detectFeatures, featureWord } from '../../../vmx/intel/features'
import { assignIdentifier } from '../../../vmx/intel/identifier'
import { hasReservedPointer } from '../../../vmx/intel/pdpte'
import { hardwareLength, rawReason, run } from '../../../vmx/intel/run'
import { controlField } from '../../../vmx/intel/structure'
import { explainEntry } from '../../../services/refusal/intel'
import { brokenRule, refusedAs, refusedPart, refusedValue } from '../../../services/refusal/rule'

export { hasReservedPointer }

const pages: usize = memory.data(0x5000)
const blocks: usize = memory.data(4)
@inline function vcpu(): Context { return changetype<Context>((pages + 0xFFF) & ~0xFFF) }

export function start(): void {
  detectFeatures()
  setPhysicalWidth(39)
  store<u32>(blocks, 0x200)
  setGuest(blocks, 1)
  const context = vcpu()
  memory.fill(changetype<usize>(context), 0, 0x1000)
  context.control = changetype<usize>(context) + 0x1000
  context.controlHpa = 0x5000
  context.nestedRoot = 0x6000
  context.virtualApicHpa = 0x7000
  context.virtualApic = changetype<usize>(context)
  initializeControl(context, 0x8000, false, false)
  assignIdentifier(context)
}

/** Something is done to another vCPU between this one's exit and its next entry. */
export function touchOther(): void {
  const other = changetype<Context>(changetype<usize>(vcpu()) + 0x2000)
  memory.fill(changetype<usize>(other), 0, 0x1000)
  other.control = changetype<usize>(other) + 0x1000
  other.controlHpa = 0x9000
  initializeControl(other, 0x8000, false, false)
}
/** As one of several vCPUs, whose PAUSEs are to be seen. */
export function startBesideOthers(each: bool): void {
  detectFeatures()
  initializeControl(vcpu(), 0x8000, true, each)
}
export function instructionLength(): u32 { return hardwareLength(vcpu()) }
export function reset(): void { resetState(vcpu()) }
export function enter(): void { run(vcpu()) }
export function inject(vector: u32, hasError: bool): void { injectException(vcpu(), vector, hasError, 0) }
export function launched(): bool { return vcpu().launched }
export function exitReason(): u32 { return vcpu().exit.reason }
export function raw(): u64 { return rawReason(vcpu()) }

export function explain(): void { explainEntry() }
/** What the nucleus answers to that. */
export function field(encoding: u32): u64 { return controlField(vcpu(), encoding) }
export function feature(index: u32): u64 { return featureWord(index) }
export function error(): u32 { return vcpu().exitError }
/** Strings, whose length is in the 4 bytes before them. */
export function kind(): usize { return changetype<usize>(refusedAs) }
export function part(): usize { return changetype<usize>(refusedPart) }
export function rule(): usize { return changetype<usize>(brokenRule) }
export function value(): u64 { return refusedValue }
