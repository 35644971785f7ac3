/** virtio-console's numbers. VIRTIO 1.2, 5.3. */
import { ConsolePortLimit } from '../../capability/config'

/** Feature bits. 5.3.3. */
@inline export const MultiplePorts: u64 = 1 << 1 // VIRTIO_CONSOLE_F_MULTIPORT

/** The configuration. 5.3.4. */
export namespace Configuration {
  export const PortCount: u32 = 4 // max_nr_ports, behind the columns and rows that are not offered
  export const Bytes: u32 = 8
}

/** The queues: the first port's two, the control queues, then two for each further port. 5.3.2. */
export namespace ConsoleQueue {
  export const FirstTransmit: u32 = 1
  export const ControlReceive: u32 = 2
  export const ControlTransmit: u32 = 3
  export const Count: u32 = 2 * ConsolePortLimit + 2
}

/** The queues of a port, by which the driver receives and transmits. */
@inline export function receiveQueueOf(port: u32): u32 { return port == 0 ? 0 : (port << 1) + 2 }
@inline export function transmitQueueOf(port: u32): u32 { return receiveQueueOf(port) + 1 }
/** The port of a queue that is no control queue. */
@inline export function portOf(queue: u32): u32 { return queue < 2 ? 0 : (queue >> 1) - 1 }

/** A control message; a name may follow. 5.3.6.2. */
@unmanaged export class ControlMessage {
  port: u32
  event: u16
  value: u16
}

/** Its events. */
export namespace ControlEvent {
  export const DeviceReady: u32 = 0
  export const DeviceAdd: u32 = 1
  export const PortReady: u32 = 3
  export const ConsolePort: u32 = 4
  export const PortOpen: u32 = 6
  export const PortName: u32 = 7
}
