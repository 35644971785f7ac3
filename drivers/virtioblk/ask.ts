/** Get Id, which is asked before anything else, while the queue is empty. VIRTIO 1.2, 5.2.6. */
import { physical, shared32 } from '../../capability/device'
import { DescriptorFlag, descriptorAt, pop, publish, push, usedCount, writeDescriptor } from '../virtio/queue'
import { HeaderBytes, IdBytes, RequestStatus, RequestType } from './commands'
import { queue } from './slot'
import { takeId } from './unit'

export namespace Answer {
  export const None: u32 = 0
  export const Given: u32 = 1
  export const Nonsense: u32 = 2 // to what was not asked
}

/** Header, identity and status. */
const page = memory.data(64, 64)
const StatusOffset: u32 = 48

/** Asks. */
export function askId(): void {
  memory.fill(page, 0, 64)
  store<u32>(page, RequestType.GetId)
  store<u32>(page + StatusOffset, RequestStatus.None)
  const at = physical(page)
  writeDescriptor(descriptorAt(queue(), 0), at, HeaderBytes, DescriptorFlag.Next, 1)
  writeDescriptor(descriptorAt(queue(), 1), at + HeaderBytes, IdBytes, DescriptorFlag.Next | DescriptorFlag.Write, 2)
  writeDescriptor(descriptorAt(queue(), 2), at + StatusOffset, 1, DescriptorFlag.Write, 0)
  push(queue(), 0)
  publish(queue())
}

/** Whether it has been answered, be it that there is no identity. */
export function answer(): u32 {
  const count = usedCount(queue())
  if (count == 0) return Answer.None
  if (count != 1 || pop(queue()) != 0) return Answer.Nonsense
  if ((shared32(page + StatusOffset) & 0xff) != RequestStatus.Ok) memory.fill(page + HeaderBytes, 0, IdBytes)
  takeId(page + HeaderBytes)
  return Answer.Given
}
