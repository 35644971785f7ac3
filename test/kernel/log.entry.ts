import { initializeQueue, Queue } from '../../kernel/log/queue'
import { initializeRing, Ring } from '../../kernel/log/ring'
import * as words from '../../kernel/log/text'

const storage: usize = memory.data(64)
const record: usize = memory.data(32, 8)
export const target: usize = memory.data(1024)

export function startQueue(capacity: u32): void { initializeQueue(changetype<Queue>(record), storage, capacity) }
/** As if so many bytes had gone through. */
export function age(bytes: u32): void {
  changetype<Queue>(record).head = bytes
  changetype<Queue>(record).tail = bytes
}
export function push(byte: u32): bool { return changetype<Queue>(record).push(byte) }
export function pull(): i32 { return changetype<Queue>(record).pull() }
export function length(): u32 { return changetype<Queue>(record).length }

export function startRing(capacity: u32): void { initializeRing(changetype<Ring>(record), storage, capacity) }
export function put(byte: u32): void { changetype<Ring>(record).push(byte) }
export function begin(): u64 { return changetype<Ring>(record).begin }
export function end(): u64 { return changetype<Ring>(record).end }
export function read(position: u64, limit: u32): u32 { return changetype<Ring>(record).read(position, target, limit) }

export function decimal(value: u64): u32 { words.clear(); words.decimal(value); return words.take(target, 1024) }
export function hex(value: u64, digits: u32): u32 { words.clear(); words.hex(value, digits); return words.take(target, 1024) }
export function overfull(): u32 { words.clear(); for (let i = 0; i < 600; i++) words.byte(0x78); return words.take(target, 1024) }
export function foreign(): u32 { words.clear(); words.text('größe'); return words.take(target, 1024) }
export function cut(capacity: u32): u32 { memory.fill(target, 0x2E, 16); words.clear(); words.text('twelve chars'); return words.take(target, capacity) }
