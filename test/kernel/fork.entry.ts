/** Copies of a nucleus whose image and page tables a test makes, over the real frame allocator. */
import * as layout from '../../kernel/memory/layout'
import { addRange, allocate, initialize, owned, tableBytes } from '../../kernel/memory/frames'
import { Owner } from '../../capability/owner'
import { mapPage, Write } from '../../kernel/memory/paging'

export { forkNucleus } from '../../kernel/cpu/fork'
export { isLogPage } from '../../kernel/log/log'
export { ownerOf } from '../../kernel/memory/frames'
export { mapDirect, ownEntry } from '../../kernel/memory/paging'

export const imageBase: u64 = layout.ImageBase
export const directBase: u64 = layout.DirectBase
export const slotBase: u64 = layout.SlotBase + layout.SlotBytes
export const slotLinear: u64 = layout.SlotLinear
export const nucleusLinear: u64 = layout.NucleusLinear
export const frameTable: u64 = layout.NucleusLinear + layout.FrameTableBase
export const window: u64 = layout.NucleusLinear + layout.WindowBase

const table: usize = memory.data(0x1_0000, 8)

/** `bytes` of RAM from `base`, all free. */
export function start(base: u64, bytes: u64): void {
  assert(tableBytes(base + bytes) <= 0x1_0000)
  memory.fill(table, 0, 0x1_0000)
  initialize(table, base + bytes)
  addRange(base, bytes)
}

export function map(va: u64, hpa: u64): bool { return mapPage(va, hpa, Write, Owner.Nucleus) }
export function free(): u64 { return owned(Owner.Free) }

/** Takes all but `frames` of what is free. */
export function leave(frames: u64): void { while (owned(Owner.Free) > frames) allocate(Owner.BootModules) }
