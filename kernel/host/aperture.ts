/** Where devices have memory: what is told of it is not to be believed. */
import { isRam } from '../firmware/memorymap'
import { DirectBase, NucleusSlot } from '../memory/layout'
import { mapDirect } from '../memory/paging'

/** Maps the `bytes`, not 0, from `base` on; false when they cannot be mapped, or some are RAM: no driver must be let into memory that somebody else may be given. */
export function mapDevice(base: u64, bytes: u64): bool { return base <= NucleusSlot - DirectBase - bytes && !isRam(base, bytes) && mapDirect(base, base + bytes) }
