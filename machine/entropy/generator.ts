/**
 * Random bytes without end: ChaCha20 with fast key erasure. Each filling of the pool begins with the key of the next, so that nothing which was
 * given out can be found out later from what is kept. The key is stirred with what the host has of chance before the first use and again and again.
 */
import * as clock from '../../capability/clock'
import { word } from '../../capability/entropy'
import * as ram from '../../capability/ram'
import { block, BlockBytes, clear, State } from './chacha20'

const KeyBytes: u32 = 32
const PoolBytes: u32 = 1024
/** Words of chance that go into the key: before the first use as many as make up for a host whose only chance is its clock's jitter. */
const FirstWords: u32 = 512
const FurtherWords: u32 = 16
/** What is given out, in bytes, and how much time passes, in nanoseconds, at most until the key is stirred again. */
@inline const StirAfterBytes: u64 = 1 << 20
@inline const StirAfter: u64 = 60_000_000_000

const state = memory.data(64, 8)
const pool = memory.data(PoolBytes, 8)
let at: u32 = PoolBytes // in the pool; before it everything is erased
let left: u64 = 0 // bytes until the key is stirred again
let stirAt: u64 = 0
let isSeeded = false

/** As after power-on: nothing is known and nothing kept. */
export function reset(): void {
  clear(state)
  memory.fill(pool, 0, PoolBytes)
  at = PoolBytes
  left = 0
  isSeeded = false
}

/** Writes `length` random bytes to guest memory; false when not all of that is RAM. */
export function fill(gpa: u64, length: u32): bool {
  if (length > left || clock.now() >= stirAt) stir()
  left -= min<u64>(length, left)
  while (length != 0) {
    if (at == PoolBytes) refill()
    const piece = min(length, PoolBytes - at)
    const copied = ram.copyIn(gpa, pool + at, piece)
    memory.fill(pool + at, 0, piece)
    at += piece
    if (!copied) return false
    gpa += piece
    length -= piece
  }
  return true
}

/** What is in the pool is of the old key and is not given out any more. */
function stir(): void {
  const words = isSeeded ? FurtherWords : FirstWords
  for (let taken: u32 = 0; taken < words; taken += KeyBytes / 8) {
    for (let part: usize = 0; part < KeyBytes; part += 8) store<u64>(state + State.Key + part, load<u64>(state + State.Key + part) ^ word())
    store<u32>(state + State.Counter, 0)
    block(pool, state)
    takeKey()
  }
  isSeeded = true
  at = PoolBytes
  left = StirAfterBytes
  stirAt = clock.now() + StirAfter
}

function refill(): void {
  for (let index: u32 = 0; index < PoolBytes / BlockBytes; index++) {
    store<u32>(state + State.Counter, index)
    block(pool + index * BlockBytes, state)
  }
  takeKey()
  at = KeyBytes
}

/** The pool's first bytes become the key and are erased. */
function takeKey(): void {
  memory.copy(state + State.Key, pool, KeyBytes)
  memory.fill(pool, 0, KeyBytes)
}
