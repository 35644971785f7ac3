/** The one command that a device is given: everything on the wire is to come, since it is for whoever is behind the switch. VIRTIO 1.2, 5.1.6.5.1. */
import { physical, shared16 } from '../../capability/device'
import { Answer, Command } from '../../capability/virtionet'
import { append, say } from '../message'
import { DescriptorFlag, descriptorAt, pop, publish, push, usedCount, writeDescriptor } from '../virtio/queue'
import { queueAt, QueueNumber } from './queues'

/** Class, command, what is wanted, and behind these the answer. */
const bytes = memory.data(8, 8)
const AnswerOffset: u32 = 4
const Unanswered: u8 = 0xff
let isWaiting: bool = false

/** Asks for it. */
export function askForAll(): void {
  const queue = queueAt(QueueNumber.Control)
  store<u16>(bytes, bswap<u16>(<u16>Command.Promiscuous))
  store<u8>(bytes, 1, 2)
  store<u8>(bytes + AnswerOffset, Unanswered)
  writeDescriptor(descriptorAt(queue, 0), physical(bytes), 3, DescriptorFlag.Next, 1)
  writeDescriptor(descriptorAt(queue, 1), physical(bytes + AnswerOffset), 1, DescriptorFlag.Write, 0)
  push(queue, 0)
  publish(queue)
  isWaiting = true
}

/** Nothing was asked. */
export function forget(): void { isWaiting = false }

/** Hears the answer, when there is one. */
export function hearAnswer(): void {
  const queue = queueAt(QueueNumber.Control)
  if (!isWaiting || usedCount(queue) == 0) return
  isWaiting = false
  pop(queue)
  if ((shared16(bytes + AnswerOffset) & 0xff) == Answer.Ok) return
  append('it does not pass on what is for other addresses than its own')
  say()
}
