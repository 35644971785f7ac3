/** The ports of the virtual switches: who is behind each, and the rings of frames and buffers that lie in that sandbox's memory. All CPUs see them. */
import { NetQueueLimit } from '../../capability/net'
import { PortLimit } from '../../capability/switch'
import { Lock } from '../cpu/lock'
import { callFor } from '../cpu/kick'
import { DeviceBase } from '../device/table'
import { Sandbox, sandbox } from '../sandbox/sandbox'

const Base: usize = DeviceBase + 0x20_0000
/** What all share, and the ports behind it, 256 bytes each. */
export const NetworkPages: u32 = 1 + PortLimit / 16
const PortShift: u32 = 8

/** A set of ports is so many words of 64. */
export const PortWords: u32 = PortLimit / 64

/** A ring of capability/net.ts. The sandbox offers on any CPU, the first one has it done. */
@unmanaged export class Ring {
  address: u32 // in the sandbox's memory; 0: none
  offered: u32
  done: u32
  epoch: u32 //   counts how often all was taken back
}

@unmanaged export class Port {
  subject: u32 //      the sandbox that it leads to; 0: none
  offloads: u32 //     NetOffload
  queues: u32 //       that frames are received by; 0: its driver is not ready
  maximumBytes: u32 // the MTU
  linkUp: u32 //       as the switch says
  taken: u32 //        frames from the first ring's `done` on that the switch has
  mac: u64
  isCut: u32 //        1: the link of the network card behind it is down
  reserved: u32
  // 28h  the rings
  @inline ring(index: u32): Ring { return changetype<Ring>(changetype<usize>(this) + 0x28 + (<usize>index << 4)) }
  @inline get box(): Sandbox { return sandbox(this.subject) }
}
/** Rings of a port. */
export const RingCount: u32 = 1 + NetQueueLimit

@inline export function portAt(number: u32): Port { return changetype<Port>(Base + 4096 + (<usize>number << PortShift)) }
/** Kept while bytes are moved from and to memory that rings name, and while rings are taken back. */
@inline export function networkLock(): Lock { return changetype<Lock>(Base) }
/** Sets of ports, which anybody adds to and the first CPU empties: those that have offered frames, and of which something else is to be known. */
@inline export function offering(word: u32): usize { return Base + 0x40 + (<usize>word << 3) }
@inline export function changed(word: u32): usize { return Base + 0x80 + (<usize>word << 3) }

/** Puts a port into one of them, and has the first CPU look. */
export function call(set: (word: u32) => usize, port: u32): void { callFor(set(port >> 6), port) }

/** Ports from `first` on become those of a sandbox, which is about to start; none of them, where one is another's. */
export function openPorts(box: Sandbox, first: u32, count: u32): void {
  box.firstPort = first
  box.portTotal = 0
  for (let number = first; number < first + count; number++) if (portAt(number).subject != 0) return
  box.portTotal = count
  for (let number = first; number < first + count; number++) {
    for (let ring: u32 = 0; ring < RingCount; ring++) portAt(number).ring(ring).address = 0 // their epochs go on: the switch may have frames of the last one's
    portAt(number).subject = box.subject
    portAt(number).isCut = 0
  }
}

/** A sandbox has ended: nothing of its memory is touched any more. */
export function closePorts(box: Sandbox): void {
  for (let number = box.firstPort; number < box.firstPort + box.portTotal; number++) {
    const port = portAt(number)
    port.subject = port.queues = 0
    for (let ring: u32 = 0; ring < RingCount; ring++) withdraw(port, ring)
    call(changed, number)
  }
}

/** Empties a ring. */
export function withdraw(port: Port, number: u32): void {
  const ring = port.ring(number)
  if (number == 0) port.taken = 0
  ring.offered = ring.done = 0
  ring.epoch++
}
