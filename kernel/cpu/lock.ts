/**
 * A ticket lock: who asks first is served first. None is held across a VM entry; a sandbox's own is the only one that is held across a gate, since it
 * is what keeps every other CPU out of that sandbox. On a host with one CPU they cost one look at a flag.
 */
import * as hw from '../hw'
import { cpu, severalCpus, thisCpu } from './cpu'
import { current } from '../sandbox/sandbox'
import { answer } from './kick'

/** Lies where all CPUs see it; all zero is free. */
@unmanaged export class Lock {
  next: u32 //    the next ticket
  serving: u32 // whose turn it is
}

@inline export function acquire(lock: Lock): void { if (severalCpus) take(lock) }

@inline export function release(lock: Lock): void { if (severalCpus) hw.publish32(changetype<usize>(lock) + offsetof<Lock>('serving'), lock.serving + 1) }

function take(lock: Lock): void {
  const ticket = hw.fetchAdd32(changetype<usize>(lock), 1)
  if (lock.serving == ticket) return
  const before = hw.readTsc()
  // Whoever holds it may be waiting for an answer of this CPU.
  for (; lock.serving != ticket; answer()) hw.pause()
  if (current == 0) cpu(thisCpu).waitTicks += hw.readTsc() - before // what a sandbox waits for is counted with its call
}
