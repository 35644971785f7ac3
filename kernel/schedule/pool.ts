/**
 * The host's processors and what they share: one queue of all runnable entries. The records lie in memory that all processors see; whoever calls
 * the scheduler holds the one lock of it. Times are TSC ticks; virtual time passes no faster, so 63 bits last for decades.
 */

/** No end: nobody else wants the processor. */
@inline export const Never: u64 = u64.MAX_VALUE

/** Sets of processors have bit n for processor n. */
@unmanaged export class Pool {
  first: usize //       00h  runnable entries, least virtual time first; the pool itself is what follows the last
  last: usize //        04h
  weight: u32 //        08h  sum of the weights of the groups that have runnable entries
  online: u32 //        0Ch  processors that take part
  idle: u32 //          10h  those that found nothing to run, and were not asked to look since
  claimed: u32 //       14h  those that were asked to look by somebody who is owed time, and have not yet
  uncontended: u32 //   18h  those whose entry runs while nobody waits who could run there instead
  kicks: u32 //         1Ch  those that must call `pickNext`: the caller interrupts them, and clears it
  floor: i64 //         20h  least virtual time of a runnable entry; never goes back
  turn: i64 //          28h  virtual time that each entry runs at a time, so that all run once in the latency
  latency: u64 //       30h
  leastSlice: u64 //    38h
  credit: u64 //        40h  CPU time that an entry can be owed for having slept
  period: u64 //        48h  in which no group has more than its cap
  periodEnd: u64 //     50h
  periods: u64 //       58h  how many are over
  busy: u32 //          60h  processors that run an entry
  exclusive: u32 //     64h  1: entries of two groups never run on one core at the same time
}

/** One host processor. Fills a cache line. */
@unmanaged export class Processor {
  number: u32 //        00h
  current: usize //     04h  the entry that it runs, or 0
  since: u64 //         08h  `current` is charged up to here
  sliceEnd: u64 //      10h  when it is to call `pickNext` again, or Never; also when it is idle
  takenUntil: u64 //    18h  when the CPU time is used up that it took of its entry's group's cap
  forced: u64 //        20h  TSC ticks in which it was idle beside a group that had its core, while another waited for the core
  core: u32 //          28h  processors of its core, this one among them; this one alone unless the pool is exclusive
}

const ProcessorBytes: usize = 64
const ProcessorsOffset: usize = 128
const ProcessorLimit: u32 = 32
/** A pool and its processors. */
export const PoolBytes: usize = ProcessorsOffset + <usize>ProcessorLimit * ProcessorBytes

@inline export function processorAt(pool: Pool, number: u32): Processor {
  return changetype<Processor>(changetype<usize>(pool) + ProcessorsOffset + <usize>number * ProcessorBytes)
}
@inline export function bitOf(processor: Processor): u32 { return <u32>1 << processor.number }
/** Of a set that is not empty, the processor `home` if it is in it. */
export function nearest(pool: Pool, set: u32, home: u32): Processor { return processorAt(pool, (set >> home & 1) != 0 ? home : ctz(set)) }

/** Starts with no entries and no processors: a latency of 20 ms, slices of at least 0.5 ms, a credit of 10 ms, a period of 50 ms. */
export function initialize(pool: Pool, frequency: u64): void {
  memory.fill(changetype<usize>(pool), 0, PoolBytes)
  pool.first = pool.last = changetype<usize>(pool)
  pool.latency = frequency / 50
  pool.leastSlice = frequency / 2000
  pool.credit = frequency / 100
  pool.period = frequency / 20
  for (let n: u32 = 0; n < ProcessorLimit; n++) {
    processorAt(pool, n).number = n
    processorAt(pool, n).core = 1 << n
  }
}

/** A processor takes part from now on; it is to look for somebody to run. */
export function addProcessor(pool: Pool, number: u32): void {
  pool.online |= 1 << number
  share(pool)
}

/** Works out the turn, when there are more or fewer to have one. */
export function share(pool: Pool): void { pool.turn = <i64>(pool.latency * popcnt(pool.online) / max(pool.weight, 1)) }
