/** The console of a VM, virtio-console: VIRTIO 1.2, 5.3. Its first port is a terminal, the others are named streams of bytes; what goes through them is the host's console's. */
import * as clock from '../../capability/clock'
import { RingEventIndex, RingIndirectDescriptors, RingPacked, RingReset, Version1 } from '../../capability/virtio'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { FunctionSpaceBytes } from '../pci/function'
import { VirtioDevice } from '../virtio/device'
import { QueueBytes } from '../virtio/queue'
import { DeviceType } from '../virtio/registers'
import { plugIn } from '../virtio/transport'
import { channelOf, clear, portCount } from './channels'
import { forget, hearDriver, isOpen, tellDriver } from './control'
import { receive } from './receive'
import { Configuration, ConsoleQueue, MultiplePorts, portOf } from './registers'
import { recallSent, resetSending, send } from './send'

const storage = memory.data(offsetof<VirtioDevice>(), 8)
const space = memory.data(FunctionSpaceBytes, 8)
const queues = memory.data(ConsoleQueue.Count * QueueBytes, 8)
const vectors = memory.data((ConsoleQueue.Count + 1) << 4, 8)
const configuration = memory.data(Configuration.Bytes, 8)

let hearAt: u64 = Never
let sendAt: u64 = Never

@inline function device(): VirtioDevice { return changetype<VirtioDevice>(storage) }

/** Plugs it into `slot`, as after power-on. */
export function plug(slot: u32): void {
  device().space = space
  device().queues = queues
  device().queueCount = (portCount << 1) + 2
  device().offered = Version1 | RingIndirectDescriptors | RingEventIndex | RingPacked | RingReset | MultiplePorts
  device().configuration = configuration
  device().configurationBytes = Configuration.Bytes
  store<u32>(configuration + Configuration.PortCount, portCount)
  device().recall = (target: VirtioDevice, queue: u32) => {
    if (target.resetting) forget()
    recallSent(target, queue)
  }
  device().notified = (target: VirtioDevice, queue: u32) => { serve(queue) }
  hearAt = sendAt = Never
  forget()
  resetSending()
  plugIn(device(), slot, DeviceType.Console, vectors)
}

/** Bytes for its ports may wait. */
export function serialInput(): void { for (let port: u32 = 0; port < portCount; port++) pass(port) }

/** What waited longer than one call may take. */
export function tick(): void {
  if (hearAt <= clock.now()) serve(ConsoleQueue.ControlTransmit)
  if (sendAt <= clock.now()) serve(ConsoleQueue.FirstTransmit)
}

function serve(index: u32): void {
  if (index == ConsoleQueue.ControlReceive) tellDriver(device())
  else if (index == ConsoleQueue.ControlTransmit) {
    hearAt = hearDriver(device()) ? clock.now() + ShortestPeriod : Never
    serialInput() // ports that have been opened, or closed
  } else if (index & 1) sendAt = send(device())
  else pass(portOf(index))
  setDeadline(Deadline.Console, min(hearAt, sendAt))
}

/** What comes for a port that the guest has not open is dropped. */
function pass(port: u32): void {
  if (isOpen(device(), port)) receive(device(), port)
  else clear(channelOf(port))
}
