/** The queues of a virtio network device: one pair, and the one for commands. VIRTIO 1.2, 5.1.2. */
import { PageBytes, Queue } from '../virtio/queue'

/** Their numbers. */
export namespace QueueNumber {
  export const Receive: u32 = 0
  export const Transmit: u32 = 1
  export const Control: u32 = 2 // where there is only one pair
  export const Count: u32 = 3
}

const queues = memory.data(QueueNumber.Count * offsetof<Queue>(), 8)
/** Two for each. */
export const queuePages = memory.data(QueueNumber.Count * 2 * PageBytes, 4096)

@inline export function queueAt(number: u32): Queue { return changetype<Queue>(queues + <usize>number * offsetof<Queue>()) }
