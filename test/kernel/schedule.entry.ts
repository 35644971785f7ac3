import * as schedule from '../../kernel/schedule'
import { Entry, Queue } from '../../kernel/schedule'

const queues: usize = memory.data(2 * 64, 8)
const entries: usize = memory.data(64 * 40, 8)

function queue(index: u32): Queue { return changetype<Queue>(queues + <usize>index * 64) }
function entry(index: u32): Entry { return changetype<Entry>(entries + <usize>index * 40) }

export function start(frequency: u64): void {
  memory.fill(entries, 0, 64 * 40)
  schedule.initialize(queue(0), frequency)
  schedule.initialize(queue(1), frequency)
}
export function add(q: u32, index: u32, weight: u32): void { schedule.add(queue(q), entry(index), weight) }
export function remove(q: u32, index: u32, now: u64): void { schedule.remove(queue(q), entry(index), now) }
export function wake(q: u32, index: u32, now: u64): bool { return schedule.wake(queue(q), entry(index), now) }
export function block(q: u32, index: u32, now: u64): void { schedule.block(queue(q), entry(index), now) }
export function setWeight(q: u32, index: u32, weight: u32, now: u64): void { schedule.setWeight(queue(q), entry(index), weight, now) }
export function settle(q: u32, now: u64): void { schedule.settle(queue(q), now) }
export function release(q: u32, now: u64): void { schedule.release(queue(q), now) }
export function sliceEnd(q: u32): u64 { return queue(q).sliceEnd }
export function time(index: u32): u64 { return entry(index).time }
export function sizes(): u32 { return offsetof<Queue>() << 16 | offsetof<Entry>() }

/** The number of the one that runs, or -1. */
export function pickNext(q: u32, now: u64): i32 {
  const picked = schedule.pickNext(queue(q), now)
  return picked === null ? -1 : <i32>((changetype<usize>(picked) - entries) / 40)
}
