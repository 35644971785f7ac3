/** The network interfaces of a VM, virtio-net: VIRTIO 1.2, 5.1. Frames stay where the driver has them; the nucleus copies them by what the rings of capability/net.ts say. */
import * as clock from '../../capability/clock'
import { count } from '../../capability/net'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { Chain, ChainBytes } from '../virtio/chain'
import { finish, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { Queue, Taken } from '../virtio/queue'
import { ignore, listen, take } from '../virtio/virtqueue'
import { holdsBack, release } from './coalescing'
import { command } from './control'
import { controlQueueOf, followLink, forgetDriver, Interface, interfaceAt, InterfaceLimit, plugInterface, tell } from './interface'
import { collectReceived, post, recallReceived } from './receive'
import { collectSent, recallSent, send } from './send'

/** Chains of one queue and call. What waits beyond them is served a little later, so that no guest keeps the processor here. */
const ChainsOfCall: u32 = 128
/** Queues that send, in a set of queues: every other one. */
const Sending: u32 = 0xaaaa_aaaa

const chain = changetype<Chain>(memory.data(ChainBytes, 8))
let interfaceCount: u32 = 0

/** Plugs the VM's interfaces in, as after power-on. */
export function plug(): void {
  interfaceCount = min(count(), InterfaceLimit)
  for (let index: u32 = 0; index < interfaceCount; index++) {
    plugInterface(index, (device: VirtioDevice, queue: u32) => { notified(changetype<Interface>(device), queue) },
      (device: VirtioDevice, queue: u32) => { recall(changetype<Interface>(device), queue) })
  }
}

/** Frames have been sent or received, or a link has changed: the driver gets what came back, with one interrupt at most for each queue, and what waits for room goes on. */
export function netProgress(): void {
  for (let index: u32 = 0; index < interfaceCount; index++) {
    const it = interfaceAt(index)
    followLink(it)
    collect(it)
    resume(it)
  }
}

/** What waited longer than one call may take. */
export function tick(): void {
  setDeadline(Deadline.Net, Never)
  for (let index: u32 = 0; index < interfaceCount; index++) resume(interfaceAt(index))
}

/** Interrupts that were held back may have to come now. */
export function tellHeld(): void {
  setDeadline(Deadline.NetInterrupt, Never)
  for (let index: u32 = 0; index < interfaceCount; index++) {
    const it = interfaceAt(index)
    it.answered |= it.coalescing.held
    show(it)
  }
}

function notified(it: Interface, index: u32): void {
  tell(it)
  if (it.waiting & Sending && index & 1) it.waiting |= 1 << index // behind those that wait for the same room
  else serve(it, index)
  if (index & 1) collectSent(it)
  show(it)
}

/** Takes what the queues that wait have, each of them first in its turn: all that send share one ring's room. */
function resume(it: Interface): void {
  const waiting = it.waiting
  it.waiting = 0
  const later = waiting & ((1 << it.turn) - 1)
  const first = waiting ^ later
  if (waiting != 0) it.turn = ctz(first != 0 ? first : later) + 1
  for (let queues = first; queues != 0; queues &= queues - 1) serve(it, ctz(queues))
  for (let queues = later; queues != 0; queues &= queues - 1) serve(it, ctz(queues))
  if (waiting != 0) collect(it)
  show(it)
}

/** Gives the driver back what has come back, and the nucleus what was added. */
function collect(it: Interface): void {
  collectSent(it)
  for (let pair: u32 = 0; pair < it.pairs; pair++) collectReceived(it, pair * 2)
}

/** Takes what a queue has. */
function serve(it: Interface, index: u32): void {
  const queue = queueAt(it, index)
  const control = controlQueueOf(it)
  if (index > control || !mayServe(it, queue)) return
  ignore(queue)
  for (let served: u32 = 0; ; served++) {
    if (served == ChainsOfCall) {
      it.waiting |= 1 << index
      setDeadline(Deadline.Net, clock.now() + ShortestPeriod)
      break
    }
    const taken = take(queue, chain)
    if (taken == Taken.Chain) {
      if (begin(it, queue, index, index == control)) continue
      it.waiting |= 1 << index
      break
    } else if (taken == Taken.Fault || !listen(queue)) break
  }
  it.answered |= 1 << index
  if (index != control && !(index & 1)) collectReceived(it, index)
}

/** Does what a chain is for; false when there is no room for it. */
function begin(it: Interface, queue: Queue, index: u32, isControl: bool): bool {
  if (!isControl) return index & 1 ? send(it, queue, index, chain) : post(it, queue, index, chain)
  command(it, queue, chain)
  tell(it)
  return true
}

/** Shows the driver what it got back. */
function show(it: Interface): void {
  for (let answered = it.answered; answered != 0; answered &= answered - 1) {
    const index = ctz(answered)
    const queue = queueAt(it, index)
    if (!(it.coalescing.moderated & 1 << index && holdsBack(it.coalescing, queue, index))) finish(it, queue)
  }
  it.answered = 0
  tell(it)
}

/** The driver wants a queue back. Buffers are taken back at once, and so is, with the whole device, what was to be sent; of one queue alone that is waited for. */
function recall(it: Interface, index: u32): void {
  tell(it)
  release(it.coalescing, index)
  if (index == 0 && it.resetting) { // the first of all of them
    forgetDriver(it)
    recallSent(it)
  }
  if (!(index & 1) && index >> 1 < it.pairs) recallReceived(it, index)
}
