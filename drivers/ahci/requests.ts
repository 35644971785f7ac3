/** Requests on their way through the ports: taken, given to the device, and completed. Nothing here allocates or waits. */
import { complete, next } from '../../capability/block'
import { DiskStatus } from '../../capability/disk'
import { issue, isQueued, UnderWay } from './issue'
import { NoSlot, Port, portAt, portCount, State } from './port'
import { PortRegister, TaskFile } from './registers'
import { report } from './report'
import { append, freeSlot, prepend, release, shift, Slot, slotAt, take as takeSlot } from './slot'
import { advance } from './transfer'

/** How often a command may fail. */
const TryLimit: u32 = 3

/** What a look at a port's commands has found. */
export namespace Found {
  export const Sane: u32 = 0
  export const Failed: u32 = 1 // the command that was alone
  export const Nonsense: u32 = 2 // one that was not given
}

let isStarved: bool = false // more requests may wait than there was room for
let areRefused: bool = false // the HBA works no more

/** Takes the requests that wait, as far as there is room, and tells the HBA of all that it can have now. Those that end at once make room again. */
export function take(): void {
  do {
    takeSome()
    for (let unit: u32 = 0; unit < portCount; unit++) pump(portAt(unit))
  } while (isStarved && freeSlot() != NoSlot)
}

/** Takes what waited for room, where there is some again. */
export function takeStarved(): void { if (isStarved && freeSlot() != NoSlot) take() }

/** Gives the device what it can have now. A command that is not queued has the port for itself. */
export function pump(port: Port): void {
  if (port.state != State.Working) return
  while (port.first != NoSlot && !port.isAlone) {
    const index = port.first
    const slot = slotAt(index)
    const queued = isQueued(port, slot)
    if (queued ? popcnt(port.issued) >= port.depth : port.issued != 0) break
    const tag = ctz(~port.issued)
    shift(port)
    const status = issue(port, slot, tag)
    if (status == UnderWay) {
      port.setSlot(tag, index)
      port.issued |= 1 << tag
      port.isAlone = !queued
    } else finish(index, status)
  }
  const news = port.issued & ~port.told
  if (!news) return
  port.told = port.issued
  if (!port.isAlone) port.write(PortRegister.Active, news)
  port.write(PortRegister.Issue, news)
}

/** Completes what the device has carried out; one of Found. */
export function collect(port: Port): u32 {
  if (!port.issued) return port.read(PortRegister.Active) | port.read(PortRegister.Issue) ? Found.Nonsense : Found.Sane
  const active = port.read(PortRegister.Active) | port.read(PortRegister.Issue)
  if (active & ~port.issued) return Found.Nonsense
  if (port.isAlone && !active && port.read(PortRegister.TaskFile) & TaskFile.Failed) return Found.Failed
  for (let done = port.issued & ~active; done; done &= done - 1) {
    const tag = <u32>ctz(done)
    port.issued &= ~(1 << tag)
    port.told = port.issued
    port.isAlone = false
    port.failures = 0
    carriedOut(port, port.slotOf(tag))
  }
  return Found.Sane
}

/** A tag's command has failed, with the device's status and error, or took too long (0). It is still the HBA's. */
export function blame(port: Port, tag: u32, taskFile: u32): void {
  const slot = slotAt(port.slotOf(tag))
  slot.tries++
  slot.taskFile = taskFile & 0xffff
}

/** The HBA has let go of the port's commands: those that failed too often fail, all others wait again. */
export function takeBack(port: Port): void {
  for (; port.issued; port.issued &= ~(1 << 31 - clz(port.issued))) {
    const index = port.slotOf(31 - clz(port.issued))
    const slot = slotAt(index)
    if (slot.tries >= TryLimit) {
      report(port, slot)
      finish(index, DiskStatus.Failed)
    } else prepend(port, index)
  }
  port.told = 0
  port.isAlone = false
}

/** The port has no device any more, or another one: fails what waits for it. Nothing is under way. */
export function failAll(port: Port): void {
  while (port.first != NoSlot) {
    const index = port.first
    shift(port)
    finish(index, DiskStatus.Failed)
  }
}

/** No port will ever work: fails all that comes. */
export function refuseAll(): void {
  areRefused = true
  take()
}

/** A second has passed for every command of a port; true, with the guilty blamed, when one took too long. */
export function age(port: Port): bool {
  let isLate = false
  for (let left = port.issued; left; left &= left - 1) {
    const tag = <u32>ctz(left)
    if (++slotAt(port.slotOf(tag)).age < AgeLimit) continue
    isLate = true
    blame(port, tag, 0)
  }
  return isLate
}

/** Seconds that a command may take: drives try a sector that they cannot read for half a minute. */
const AgeLimit: u32 = 40

function takeSome(): void {
  for (let index = freeSlot(); ; index = freeSlot()) {
    isStarved = index == NoSlot
    if (isStarved) break
    const slot = slotAt(index)
    if (!next(changetype<usize>(slot.request))) break
    const request = slot.request
    if (areRefused || request.unit >= portCount || portAt(request.unit).state <= State.Ended) {
      complete(request.id, DiskStatus.Failed)
      continue
    }
    takeSlot()
    slot.block = request.block
    slot.left = request.blocks
    slot.part = 0
    slot.skip = 0
    slot.tries = 0
    slot.taskFile = 0
    append(portAt(request.unit), index)
  }
}

function carriedOut(port: Port, index: u32): void {
  const slot = slotAt(index)
  slot.left -= slot.piece
  if (slot.left == 0) return finish(index, DiskStatus.Ok)
  slot.block += slot.piece
  slot.tries = 0
  advance(slot, slot.piece << port.shift)
  prepend(port, index)
}

function finish(index: u32, status: u32): void {
  complete(slotAt(index).request.id, status)
  release(index)
}
