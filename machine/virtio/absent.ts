/**
 * RAM that its guest has given back, or has reported to be free, and uses again by naming it to a device: a processor would be made to wait by the nucleus, a device's queue
 * waits here.
 */
import { backed, touch } from '../../capability/ram'
import { Chain } from './chain'

const BlockBytes: u64 = 1 << 21

/** Whether the VM has a device by which its RAM goes and comes: no other's chains are looked at. */
export let comesAndGoes = false
let waits = false

/** As after power-on: all RAM is there, and stays. */
export function reset(): void { comesAndGoes = waits = false }

/** From now on RAM may be missing. */
export function expectAbsence(): void { comesAndGoes = true }

/** True once after a chain named what is missing. */
export function hasWaited(): bool {
  const before = waits
  waits = false
  return before
}

/** True when all that a chain names is there; else what is missing first comes back. */
export function isThere(chain: Chain): bool {
  for (let index: u32 = 0; index < chain.count; index++) {
    const range = chain.range(index)
    for (let gpa = range.gpa; gpa < range.gpa + range.length; gpa = (gpa | (BlockBytes - 1)) + 1) {
      if (backed(gpa)) continue
      waits = true
      touch(gpa)
      return false
    }
  }
  return true
}
