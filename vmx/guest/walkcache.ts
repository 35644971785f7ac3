import { load64 } from '../../kernel/hw'
import { Processor } from '../../capability/vcpu'

/**
 * A finished 4-level walk and what it rested on. A processor's TLB is told by INVLPG and MOV CR3 when a translation dies; we are not,
 * so each use reads the entries of the walk again and takes its result only where none has changed.
 */
@unmanaged export class Walk {
  key: u64 //    00h  linear page | Access bits | Valid
  cr3: u64 //    08h
  cr4: u64 //    10h
  efer: u64 //   18h
  page: u64 //   20h  guest physical page
  slot0: u64 //  28h  host physical addresses of the entries, top first; a walk that is shorter names its last one again
  slot1: u64 //  30h
  slot2: u64 //  38h
  slot3: u64 //  40h
  entry0: u64 // 48h  what they held
  entry1: u64 // 50h
  entry2: u64 // 58h
  entry3: u64 // 60h
  era: u64 //    68h  `walkEra` then
}

/** In a key: the record holds a walk. No Access bit is the same. */
@inline export const Valid: u64 = 1 << 11

@inline const Count: usize = 16
@inline const Shift: usize = 7 // 128 bytes each

const walks: usize = memory.data(2048, 64)

/** Where the walk to `linear` is kept. */
@inline export function walkOf(linear: u64): Walk { return changetype<Walk>(walks + ((<usize>(linear >> 12) & Count - 1) << Shift)) }

/** Counts how often guest physical addresses came to mean something else: what was kept of another era is not to be used. */
export let walkEra: u64 = 1

/** True where nothing that the walk, of this era, read has changed. */
@inline export function stands(cpu: Processor, walk: Walk): bool {
  return walk.cr3 == cpu.cr3 && walk.cr4 == cpu.cr4 && walk.efer == cpu.efer && load64(walk.slot0) == walk.entry0 &&
    load64(walk.slot1) == walk.entry1 && load64(walk.slot2) == walk.entry2 && load64(walk.slot3) == walk.entry3
}

/** Forgets all: guest physical addresses mean something else now. */
export function forgetWalks(): void { walkEra++ }
