/**
 * Core scheduling: where the pool is exclusive, entries of two groups never run on the processors of one core at the same time, since threads of a core
 * share what may leak from one to the other. A processor that may run nobody while others wait for its core is forced to idle. Else each is a core of its own.
 */
import { isUsedUp } from './cap'
import { entryAt, Group, groupOf } from './entry'
import { endOf } from './order'
import { bitOf, Pool, Processor, processorAt } from './pool'
import { settle } from './run'

/** Makes the processors of a set those of a processor's core. It looks anew: until it has, what it runs stays. */
export function setCore(pool: Pool, processor: Processor, core: u32, now: u64): void {
  settleCore(pool, processor, now)
  processor.core = core
  pool.idle &= ~bitOf(processor)
  pool.kicks |= bitOf(processor)
}

/** True when the rest of a processor's core runs another group. */
@inline export function isOthers(pool: Pool, processor: Processor, group: Group): bool { return (processor.core & pool.busy & ~group.running) != 0 }

/** The idle processors that may run a group's entries. */
@inline export function open(pool: Pool, group: Group): u32 { return pool.idle == 0 ? 0 : idleFor(pool, group) }

function idleFor(pool: Pool, group: Group): u32 {
  let set = pool.idle & <u32>group.affinity
  if (pool.exclusive != 0) for (let rest = set; rest != 0; rest &= rest - 1) if (isOthers(pool, processorAt(pool, ctz(rest)), group)) set &= ~(<u32>1 << ctz(rest))
  return set
}

/** The least virtual time of those that an entry of the group would drive away by running on a processor; i64.MAX_VALUE when there are none, or they are about to leave. */
export function displaced(pool: Pool, processor: Processor, group: Group, now: u64): i64 {
  let least = i64.MAX_VALUE
  for (let set = pool.busy & (processor.core & ~group.running | bitOf(processor)); set != 0; set &= set - 1) {
    const other = processorAt(pool, ctz(set))
    settle(pool, other, now)
    const entry = entryAt(other.current)
    if (entry.runnable != 0) least = min(least, entry.virtual)
  }
  return least
}

/** Charges all that a processor's core runs, before one of its idle processors is not idle any more, or the other way round. */
export function settleCore(pool: Pool, processor: Processor, now: u64): void {
  for (let set = processor.core & pool.busy; set != 0; set &= set - 1) settle(pool, processorAt(pool, ctz(set)), now)
}

/** A processor has run so long: as long were those idle ones of its core forced to be that others might have run on which waited meanwhile. */
export function countForced(pool: Pool, processor: Processor, ran: u64): void {
  const bit = bitOf(processor)
  const idle = processor.core & pool.idle
  // Of several that run, the first counts.
  if (idle == 0 || (pool.uncontended & bit) != 0 || (processor.core & pool.busy & bit - 1) != 0) return
  let wanted: u32 = 0
  for (let at = pool.first; at != endOf(pool); at = entryAt(at).next) {
    const entry = entryAt(at)
    if (entry.processor == 0 && entry.group != entryAt(processor.current).group && !isUsedUp(pool, groupOf(entry))) wanted |= <u32>groupOf(entry).affinity
  }
  for (let set = idle & wanted; set != 0; set &= set - 1) processorAt(pool, ctz(set)).forced += ran
}
