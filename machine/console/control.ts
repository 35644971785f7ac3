/**
 * What device and driver say of the ports, and which of them the guest has open: VIRTIO 1.2, 5.3.6.2. At most one message of each kind is due for each port, so that a driver that gives no
 * buffers costs no memory.
 */
import { ConsolePortLimit } from '../../capability/config'
import { copyIn } from '../../capability/ram'
import { Chain, ChainBytes, read } from '../virtio/chain'
import { finish, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { Taken } from '../virtio/queue'
import { give, ignore, listen, refuse, take } from '../virtio/virtqueue'
import { portCount, portName } from './channels'
import { ConsoleQueue, ControlEvent, ControlMessage, MultiplePorts } from './registers'

/** What is to be told of a port, in this order. */
namespace Due {
  export const Add: u32 = 1 << 0
  export const Console: u32 = 1 << 1
  export const Name: u32 = 1 << 2
  export const Open: u32 = 1 << 3
}

/** Messages that are heard in one call. */
const MessagesOfCall: u32 = 64

const due: usize = memory.data(ConsolePortLimit)
const chain = changetype<Chain>(memory.data(ChainBytes, 8))
const message = changetype<ControlMessage>(memory.data(64, 8)) // and a name
let openPorts: u32 = 0 // bit n for port n

/** Nothing has been said. */
export function forget(): void {
  memory.fill(due, 0, ConsolePortLimit)
  openPorts = 0
}

/** True when the guest reads what comes for a port: a driver that knows nothing of ports does. */
export function isOpen(device: VirtioDevice, port: u32): bool { return (device.accepted & MultiplePorts) == 0 || (openPorts & 1 << port) != 0 }

/** Tells the driver what there is to tell of ports. */
export function tellDriver(device: VirtioDevice): void {
  const queue = queueAt(device, ConsoleQueue.ControlReceive)
  if (!mayServe(device, queue)) return
  ignore(queue)
  for (let port = nextDue(); port < ConsolePortLimit; port = nextDue()) {
    const taken = take(queue, chain)
    if (taken == Taken.Chain) give(queue, chain, write(port))
    else if (taken == Taken.Fault || !listen(queue)) break
  }
  finish(device, queue)
}

/** Hears what the driver has to say, as far as one call may take; true when there may be more. */
export function hearDriver(device: VirtioDevice): bool {
  const queue = queueAt(device, ConsoleQueue.ControlTransmit)
  if (!mayServe(device, queue)) return false
  ignore(queue)
  let heard: u32 = 0
  while (heard < MessagesOfCall) {
    const taken = take(queue, chain)
    if (taken == Taken.Chain) {
      heard++
      if (!read(chain, 0, changetype<usize>(message), <u32>offsetof<ControlMessage>())) {
        refuse(queue)
        break
      }
      hear()
      give(queue, chain, 0)
    } else if (taken == Taken.Fault || !listen(queue)) break
  }
  finish(device, queue)
  tellDriver(device)
  return heard == MessagesOfCall
}

/** One message; what does not concern a port that there is, is nothing. */
function hear(): void {
  const port = message.port
  if (message.event == ControlEvent.DeviceReady) {
    if (message.value == 1) for (let added: u32 = 0; added < portCount; added++) tell(added, Due.Add)
  } else if (port >= portCount) return
  else if (message.event == ControlEvent.PortReady) {
    if (message.value == 1) tell(port, Due.Name | Due.Open | (port == 0 ? Due.Console : 0))
  } else if (message.event == ControlEvent.PortOpen) openPorts = message.value != 0 ? openPorts | 1 << port : openPorts & ~(1 << port)
}

function tell(port: u32, what: u32): void { store<u8>(due + port, load<u8>(due + port) | what) }

/** The first port of which there is something to tell; ConsolePortLimit for none. */
function nextDue(): u32 {
  let port: u32 = 0
  while (port < ConsolePortLimit && load<u8>(due + port) == 0) port++
  return port
}

/** Writes the next message about a port into the chain's buffers; how many bytes. */
function write(port: u32): u32 {
  const what: u32 = 1 << ctz(<u32>load<u8>(due + port))
  store<u8>(due + port, load<u8>(due + port) & ~what)
  message.port = port
  message.event = <u16>eventOf(what)
  message.value = 1
  const length = <u32>offsetof<ControlMessage>() + (what == Due.Name ? portName(port, changetype<usize>(message) + offsetof<ControlMessage>()) : 0)
  let written: u32 = 0
  for (let index = chain.readable; index < chain.count && written < length; index++) {
    const piece = min(chain.range(index).length, length - written)
    if (!copyIn(chain.range(index).gpa, changetype<usize>(message) + written, piece)) break
    written += piece
  }
  return written
}

function eventOf(what: u32): u32 {
  switch (what) {
    case Due.Add: return ControlEvent.DeviceAdd
    case Due.Console: return ControlEvent.ConsolePort
    case Due.Name: return ControlEvent.PortName
    default: return ControlEvent.PortOpen
  }
}
