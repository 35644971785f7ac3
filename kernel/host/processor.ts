/** The host's CPU in words. */
import * as hw from '../hw'
import * as words from '../log/text'
import { Blocked, blockedText } from '../../vmx/blocked'
import { blockedDetail, featureCount, featureName, featureState, FeatureState, identifiers, identifiersName, virtualizationName } from '../../vmx/operations'
import { hostBlocked } from '../vm/host'

function fourBytes(value: u32): void { for (let shift: u32 = 0; shift < 32; shift += 8) if ((value >> shift & 0xFF) != 0) words.byte(value >> shift & 0xFF) }

export function describeVendor(): void {
  fourBytes(hw.cpuid(0, 0, 1))
  fourBytes(hw.cpuid(0, 0, 3))
  fourBytes(hw.cpuid(0, 0, 2))
}

/** The brand string, without the blanks that pad it. */
export function describeModel(): void {
  if (hw.cpuid(0x8000_0000, 0, 0) < 0x8000_0004) return
  for (let leaf: u32 = 0x8000_0002; leaf <= 0x8000_0004; leaf++) for (let register: u32 = 0; register < 4; register++) fourBytes(hw.cpuid(leaf, 0, register))
}

export function describeVirtualization(): void {
  if (hostBlocked() != Blocked.No) {
    words.text('none')
    return
  }
  words.text(virtualizationName())
  words.text(', ')
  words.decimal(identifiers())
  words.byte(0x20)
  words.text(identifiersName())
}

/** Why guests cannot run, and what to change; nothing when they can. */
export function describeBlocked(): void {
  words.text(blockedText(hostBlocked()))
  words.text(blockedDetail(hostBlocked()))
}

/** The names of the optional features in this state. Where guests cannot run, none of virtualization's is used. */
export function describeFeatures(state: u32): void {
  for (let index = 0; index < featureCount(); index++) {
    const found = featureState(index)
    feature(featureName(index), hostBlocked() != Blocked.No ? min(found, FeatureState.Found) : found, state)
  }
  controlled('smep', 20, state)
  controlled('smap', 21, state)
  controlled('umip', 11, state)
  controlled('xsave', 18, state)
}

/** One that a bit of CR4 switches on. */
function controlled(name: string, bit: u64, state: u32): void { feature(name, (hw.readCr4() >> bit & 1) != 0 ? FeatureState.Used : FeatureState.Absent, state) }

function feature(name: string, found: u32, wanted: u32): void {
  if (found != wanted) return
  if (words.size() != 0) words.byte(0x20)
  words.text(name)
}
