/** Frames on their way to ports, gathered so that many are delivered by one call; and the heads that are made for them. */
import * as host from '../../capability/switch'
import { Delivery, Drop, HeadLimit } from '../../capability/switch'
import { countDelivered, countDrop } from './counting'
import { NetHeaderBytes } from './frame'
import { portAt } from './port'

const DeliveryLimit: u32 = 64
const DeliveryBytes: u32 = 32
/** The longest head is one that had no tag and gets one. */
const HeadBytes: u32 = 144

const deliveries: usize = memory.data(64 * 32, 8) // DeliveryLimit × DeliveryBytes
const heads: usize = memory.data(64 * 144, 8) // DeliveryLimit × HeadBytes
let count: u32 = 0

/** Nothing is on its way. */
export function clearOutgoing(): void { count = 0 }

/** Where a head of HeadLimit + 4 bytes can be made for the next delivery. */
export function nextHead(): usize {
  if (count == DeliveryLimit) flush()
  return heads + <usize>count * HeadBytes
}

/** Adds a delivery: `headBytes` at `head`, then the rest. */
export function send(frame: u32, port: u32, head: usize, headBytes: u32, from: u32, bytes: u32, hash: u32): void {
  if (count == DeliveryLimit) flush()
  const delivery = changetype<Delivery>(deliveries + <usize>count * DeliveryBytes)
  count++
  delivery.frame = frame
  delivery.port = port
  delivery.head = <u32>head
  delivery.headBytes = headBytes
  delivery.from = from
  delivery.bytes = bytes
  delivery.hash = hash
  delivery.refused = 0
}

/** Has all of them delivered, and counts them. */
export function flush(): void {
  if (count == 0) return
  host.deliver(deliveries, count)
  for (let index: u32 = 0; index < count; index++) {
    const delivery = changetype<Delivery>(deliveries + <usize>index * DeliveryBytes)
    if (delivery.refused) countDrop(portAt(delivery.port), Drop.NoRoom)
    else countDelivered(portAt(delivery.port), delivery.headBytes + delivery.bytes - NetHeaderBytes)
  }
  count = 0
}
