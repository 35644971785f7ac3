/** The `net` capability: of machines, for their VM's interfaces, and of network cards' drivers, which are one. */
import { NetNumber, NetQueueLimit, NetRing, NetRingBytes, NetSlots } from '../../capability/net'
import { PortFlag } from '../../capability/switch'
import { ConfigurationLimit } from '../../capability/configuration'
import { configuration } from '../config/configuration'
import { acquire, release } from '../cpu/lock'
import { deviceOf } from '../device/table'
import * as hw from '../hw'
import { call, changed, networkLock, offering, Port, portAt, Ring, withdraw } from '../network/port'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'

@inline function numberOf(subject: u32, index: u32): u32 { return sandbox(subject).firstPort + index }
@inline function has(subject: u32, index: u32): bool { return index < sandbox(subject).portTotal }

export function netCount(subject: u32): u32 { return sandbox(subject).portTotal }

export function netNumber(subject: u32, index: u32, key: u32): u64 {
  if (!has(subject, index)) return 0
  const port = portAt(numberOf(subject, index))
  switch (key) {
    case NetNumber.Mac: return port.mac
    case NetNumber.MaximumBytes: return port.maximumBytes
    case NetNumber.Link: return port.linkUp
    case NetNumber.MacFixed: return u64((configuration().order(ConfigurationLimit.Networks + numberOf(subject, index)).settings.flags & PortFlag.MacLocked) != 0)
  }
  return 0
}

export function netAnnounce(subject: u32, mac: u64, maximumBytes: u32, linkUp: bool): void {
  deviceOf(subject).announced = true
  if (!has(subject, 0)) return
  portAt(numberOf(subject, 0)).mac = mac
  portAt(numberOf(subject, 0)).maximumBytes = maximumBytes
  portAt(numberOf(subject, 0)).isCut = u32(!linkUp)
  call(changed, numberOf(subject, 0))
}

export function netRing(subject: u32, index: u32, number: u32, address: usize): void {
  if (!has(subject, index) || number > NetQueueLimit || !isOwnMemory(sandbox(subject), address, NetRingBytes)) return
  acquire(networkLock())
  withdraw(portAt(numberOf(subject, index)), number)
  portAt(numberOf(subject, index)).ring(number).address = <u32>address
  release(networkLock())
}

export function netAccept(subject: u32, index: u32, offloads: u32, queues: u32): void {
  if (!has(subject, index)) return
  const port = portAt(numberOf(subject, index))
  acquire(networkLock())
  port.offloads = offloads
  port.queues = min(queues, NetQueueLimit)
  release(networkLock())
  call(changed, numberOf(subject, index))
}

export function netOffer(subject: u32, index: u32, number: u32, until: u32): u32 {
  if (!has(subject, index) || number > NetQueueLimit) return 0
  const ring = portAt(numberOf(subject, index)).ring(number)
  if (ring.address == 0 || ring.offered == until || until - ring.offered > NetSlots || until - ring.done > NetSlots) return ring.done
  hw.publish32(changetype<usize>(ring) + offsetof<Ring>('offered'), until)
  if (number == NetRing.Send) call(offering, numberOf(subject, index))
  return ring.done
}

export function netWithdraw(subject: u32, index: u32, number: u32): void {
  if (!has(subject, index) || number > NetQueueLimit) return
  acquire(networkLock())
  withdraw(portAt(numberOf(subject, index)), number)
  release(networkLock())
}
