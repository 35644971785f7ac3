/** What ports count. */
import { Port } from './port'

/** A frame, or what would have been one, was dropped: one of Drop. */
export function countDrop(port: Port, reason: u32): void {
  const count = port.counters.drops + (<usize>reason << 3)
  store<u64>(count, load<u64>(count) + 1)
}

/** A frame was sent by the port; `bytes` without virtio_net_hdr. */
export function countSent(port: Port, bytes: u32): void {
  port.counters.sentFrames++
  port.counters.sentBytes += bytes
}

/** A frame was delivered to it. */
export function countDelivered(port: Port, bytes: u32): void {
  port.counters.deliveredFrames++
  port.counters.deliveredBytes += bytes
}
