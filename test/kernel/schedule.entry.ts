/** The scheduler's own calls, over records of the test's: entry n is the only one of group n. */
import * as schedule from '../../kernel/schedule'
import { Entry, Group, Pool, PoolBytes, Processor, processorAt } from '../../kernel/schedule'

const Limit: u32 = 64
const EntryBytes: usize = offsetof<Entry>()
const GroupBytes: usize = offsetof<Group>()
const poolAddress: usize = memory.data(2304, 64)
const groups: usize = memory.data(64 * 64, 8)
const entries: usize = memory.data(64 * 64, 8)

@inline function pool(): Pool { return changetype<Pool>(poolAddress) }
function group(index: u32): Group { return changetype<Group>(groups + <usize>index * GroupBytes) }
function entry(index: u32): Entry { return changetype<Entry>(entries + <usize>index * EntryBytes) }
function processor(number: u32): Processor { return processorAt(pool(), number) }

export function start(frequency: u64, processors: u32): void {
  assert(PoolBytes <= 2304 && EntryBytes <= 64 && GroupBytes <= 64 && offsetof<Pool>() <= 128 && offsetof<Processor>() <= 64)
  memory.fill(groups, 0, Limit * GroupBytes)
  memory.fill(entries, 0, Limit * EntryBytes)
  schedule.initialize(pool(), frequency)
  for (let n: u32 = 0; n < processors; n++) schedule.addProcessor(pool(), n)
}
export function add(index: u32, weight: u32): void {
  schedule.setGroup(pool(), group(index), weight, 0, u64.MAX_VALUE, 0, 0)
  schedule.add(pool(), group(index), entry(index))
}
export function remove(index: u32, now: u64): void { schedule.remove(pool(), entry(index), now) }
export function wake(index: u32, now: u64): void { schedule.wake(pool(), entry(index), now) }
export function block(index: u32, now: u64): void { schedule.block(pool(), entry(index), now) }
export function setGroup(index: u32, weight: u32, cap: u32, affinity: u64, preferred: u64, now: u64): void {
  schedule.setGroup(pool(), group(index), weight, cap, affinity, preferred, now)
}
export function settle(number: u32, now: u64): void { schedule.settle(pool(), processor(number), now) }
export function release(number: u32, now: u64): void { schedule.release(pool(), processor(number), now) }
export function chargeExtra(index: u32, ticks: u64): void { schedule.chargeExtra(pool(), entry(index), ticks) }
export function sliceEnd(number: u32): u64 { return processor(number).sliceEnd }
export function time(index: u32): u64 { return entry(index).time }

/** Who must look again, and forgets it. */
export function kicks(): u32 {
  const set = pool().kicks
  pool().kicks = 0
  return set
}

/** The number of the one that runs, or -1. */
export function pickNext(number: u32, now: u64): i32 {
  const picked = schedule.pickNext(pool(), processor(number), now)
  return picked === null ? -1 : <i32>((changetype<usize>(picked) - entries) / EntryBytes)
}
