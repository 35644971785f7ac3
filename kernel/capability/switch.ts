/** The `switch` capability of the virtual switches' service, and the console's side of it. */
import { OrderCount } from '../../capability/configuration'
import { Delivery, PortLimit, PortNumber, SwitchAnswerBytes, SwitchFrameBytes, SwitchOrderBytes } from '../../capability/switch'
import { configuration } from '../config/configuration'
import { add, deliver, endTaken, progressed, setPaused, takeNext } from '../network/frames'
import { portAt } from '../network/port'
import { desk, isSwitch, setTick } from '../network/service'
import { giveBytes, isOwnMemory, sandbox, takeBytes } from '../sandbox/sandbox'
import { answer, collect, place, take } from '../service/desk'
import { toTicks, uptime } from '../time/clock'

const delivery = changetype<Delivery>(memory.data(32, 8))
const DeliveryBytes: u32 = 32

export function switchNumber(subject: u32, port: u32, key: u32): u64 {
  if (port >= PortLimit) return 0
  switch (key) {
    case PortNumber.Ready: return u64(portAt(port).queues != 0 && portAt(port).isCut == 0)
    case PortNumber.Offloads: return portAt(port).offloads
    case PortNumber.MaximumBytes: return portAt(port).maximumBytes
  }
  return 0
}

export function switchTake(subject: u32, target: usize, capacity: u32): u32 {
  endTaken()
  let count: u32 = 0
  for (; count < capacity; count++) {
    const place = target + <usize>count * SwitchFrameBytes
    if (!isOwnMemory(sandbox(subject), place, SwitchFrameBytes) || !takeNext(sandbox(subject), place)) break
  }
  return count
}

export function switchPause(subject: u32, port: u32, is: bool): void { if (port < PortLimit) setPaused(port, is) }

export function switchDeliver(subject: u32, deliveries: usize, count: u32): void {
  const box = sandbox(subject)
  for (let i: u32 = 0; i < count && takeBytes(box, changetype<usize>(delivery), deliveries, DeliveryBytes); i++, deliveries += DeliveryBytes) {
    delivery.refused = u32(!deliver(delivery, box))
    giveBytes(box, deliveries, changetype<usize>(delivery), DeliveryBytes)
  }
}

export function switchSetLink(subject: u32, port: u32, up: bool): void {
  if (port >= PortLimit) return
  portAt(port).linkUp = u32(up)
  add(progressed, port)
}

export function switchNow(subject: u32): u64 { return uptime() }
export function switchArm(subject: u32, time: u64): void { setTick(time) }

export function switchRecord(subject: u32, index: u32, target: usize): bool {
  return index < OrderCount && giveBytes(sandbox(subject), target, changetype<usize>(configuration().order(index)), SwitchOrderBytes)
}
export function switchKeep(subject: u32, index: u32, source: usize): void {
  if (index < OrderCount) takeBytes(sandbox(subject), changetype<usize>(configuration().order(index)), source, SwitchOrderBytes)
}

export function switchOrder(subject: u32, target: usize): bool { return take(desk, subject, target, SwitchOrderBytes) }
export function switchAnswer(subject: u32, source: usize): void { answer(desk, subject, source, SwitchAnswerBytes) }
export function adminSwitchOrder(subject: u32, source: usize): bool { return isSwitch() && place(desk, subject, source, SwitchOrderBytes) }
export function adminSwitchAnswer(subject: u32, target: usize): bool { return collect(desk, subject, target, SwitchAnswerBytes) }
