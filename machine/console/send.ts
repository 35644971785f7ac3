/** What a driver sends by its console's ports: a chain of each in turn, so that none keeps the others waiting. VIRTIO 1.2, 5.3.6. */
import * as clock from '../../capability/clock'
import { Never } from '../deadlines'
import { Chain, ChainBytes, read, readableBytes } from '../virtio/chain'
import { drop, finish, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { Queue, Taken } from '../virtio/queue'
import { give, listen, refuse, take } from '../virtio/virtqueue'
import { channelOf, output, portCount } from './channels'
import { transmitQueueOf } from './registers'

/** Bytes of so many nanoseconds at most, each chain counting as some: the host's console reads every 10 ms what is not more than 64 KiB by then. */
const BytesOfPeriod: u32 = 4096
const BytesOfChain: u32 = 64
const Period: u64 = 2_000_000
const PieceBytes: u32 = 1024

const chain = changetype<Chain>(memory.data(ChainBytes, 8))
const piece: usize = memory.data(PieceBytes, 8)

let port: u32 = 0 //         whose turn it is
let isSending = false //     the chain is its, and has not gone out as a whole
let sent: u32 = 0 //         bytes of it that have
let room: u32 = 0 //         bytes that are left of the period
let periodEnd: u64 = 0

/** As after power-on. */
export function resetSending(): void {
  port = 0
  isSending = false
  periodEnd = 0
}

/** Sends what there is, as far as it may; when it wants to go on, which is Never when there is no more. */
export function send(device: VirtioDevice): u64 {
  if (clock.now() >= periodEnd) {
    periodEnd = clock.now() + Period
    room = BytesOfPeriod
  }
  for (let idle: u32 = 0; idle < portCount; ) {
    if (room < BytesOfChain) return periodEnd
    const queue = queueAt(device, transmitQueueOf(port))
    const maySend = mayServe(device, queue)
    if (isSending && !maySend) return Never // until it may again, or the driver wants the queue back
    if (maySend && (isSending || begin(device, queue))) {
      idle = 0
      sendPiece(device, queue)
    } else {
      idle++
      turn()
    }
  }
  return Never
}

/** Drops the chain that is being sent when it is of this queue. */
export function recallSent(device: VirtioDevice, index: u32): void {
  if (!isSending || index != transmitQueueOf(port)) return
  turn()
  drop(device, queueAt(device, index))
}

function turn(): void {
  isSending = false
  port = (port + 1) % portCount
}

/** Takes the next chain of a queue; false when it has none. */
function begin(device: VirtioDevice, queue: Queue): bool {
  do {
    const taken = take(queue, chain)
    if (taken == Taken.Chain && (chain.readable != chain.count || readableBytes(chain) > u32.MAX_VALUE)) refuse(queue) // 5.3.6.1 and 2.7.5.2
    else if (taken == Taken.Chain) {
      room -= BytesOfChain
      sent = 0
      return isSending = true
    }
    if (queue.faulty) {
      finish(device, queue)
      return false
    }
  } while (listen(queue))
  return false
}

/** Sends what goes at once of the chain, and gives it back at its end. */
function sendPiece(device: VirtioDevice, queue: Queue): void {
  const all = readableBytes(chain)
  const length = <u32>min<u64>(min(PieceBytes, room), all - sent)
  const isThere = read(chain, sent, piece, length)
  if (isThere) for (let at: u32 = 0; at < length; at++) output(channelOf(port), load<u8>(piece + at))
  room -= length
  sent += length
  if (isThere && sent < all) return
  turn()
  give(queue, chain, 0)
  finish(device, queue)
}
