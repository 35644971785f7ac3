/** The state of the one pool that this instance has. */
import { append, appendDecimal, say } from '../logline'
import { medium } from './medium'

export enum PoolState { None, Ready, Damaged }

export let state: PoolState = PoolState.None
/** The generation that changes go into; the one before is on the devices, or on its way there. */
export let generation: u64 = 0

export function setPoolState(to: PoolState): void { state = to }
export function setGeneration(to: u64): void { generation = to }

/** Something that must hold does not: nothing is written any more, so that nothing gets worse. Why goes to the log. */
export function damage(reason: string): void {
  if (state != PoolState.Ready) return
  state = PoolState.Damaged
  append('storage pool: ')
  append(reason)
  append('; it can only be read from now on (pool check)')
  say()
}

/** Reads under way that began in a generation: what was freed in it is not given out again before they have ended. */
const readers: usize = memory.data(8, 4)
@inline function readersOf(it: u64): usize { return readers + (<usize>(it & 1) << 2) }
export function beginRead(): u64 {
  store<u32>(readersOf(generation), load<u32>(readersOf(generation)) + 1)
  return generation
}
export function endRead(begun: u64): void { store<u32>(readersOf(begun), load<u32>(readersOf(begun)) - 1) }
export function readsUnderWay(it: u64): u32 { return load<u32>(readersOf(it)) }
export function clearReads(): void { store<u64>(readers, 0) }

/** Says that a medium failed. */
export function complainOfDevice(handle: u32, what: string): void {
  append('storage pool: device ')
  appendDecimal(medium(handle).disk)
  if (medium(handle).partition != 0) append(', partition ')
  if (medium(handle).partition != 0) appendDecimal(medium(handle).partition)
  append(' could not ')
  append(what)
  say()
}
