/** The host's CPU in words. */
import * as hw from '../hw'
import * as words from '../log/text'
import { asids, hasDecodeAssists, hasFlushByAsid, hasNestedPaging, hasNextRipSave, hasVmcbClean } from '../../vmx/amd/features'
import { Blocked, blockedText } from '../../vmx/blocked'
import { blockedDetail } from '../../vmx/operations'
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
  words.text('AMD-V, nested paging, ')
  words.decimal(asids())
  words.text(' ASIDs')
}

/** Why guests cannot run, and what to change; nothing when they can. */
export function describeBlocked(): void {
  words.text(blockedText(hostBlocked()))
  words.text(blockedDetail(hostBlocked()))
}

/** Optional features in use; '-name' is one that this CPU has not got. */
export function describeFeatures(): void {
  if (!hasNestedPaging()) return
  feature('nrip', hasNextRipSave())
  feature('decode-assists', hasDecodeAssists())
  feature('flush-by-asid', hasFlushByAsid())
  feature('vmcb-clean', hasVmcbClean())
  feature('smep', (hw.readCr4() >> 20 & 1) != 0)
  feature('smap', (hw.readCr4() >> 21 & 1) != 0)
  feature('umip', (hw.readCr4() >> 11 & 1) != 0)
  feature('xsave', (hw.readCr4() >> 18 & 1) != 0)
}

function feature(name: string, present: bool): void {
  if (words.size() != 0) words.byte(0x20)
  if (!present) words.byte(0x2D)
  words.text(name)
}
