/** The virtual switches. docs/network.md says what passes and what does not. */
import * as host from '../../capability/switch'
import { PortLimit, SwitchFrame, SwitchFrameBytes } from '../../capability/switch'
import { forgetOld, makeAddresses } from './addresses'
import { portHasChanged } from './attach'
import { forward } from './forward'
import { carryOutOrders, carryOutRecords } from './order'
import { clearOutgoing, flush } from './outgoing'
import { makePorts, portAt } from './port'
import { clearShaping, releaseDue, shape } from './shaping'
import { makeSwitches } from './switches'

/** Frames of a call: so many that what a call costs is little for each, so few that no call is long. */
const FramesOfCall: u32 = 32
/** Nanoseconds between two looks for addresses that are to be forgotten. */
@inline const AgeingPeriod: u64 = 10_000_000_000

const batch: usize = memory.data(32 * 160, 8) // FramesOfCall × SwitchFrameBytes
let ageingAt: u64 = 0
let armed: u64 = 0

@inline function frameAt(index: u32): SwitchFrame { return changetype<SwitchFrame>(batch + <usize>index * SwitchFrameBytes) }

/** Begins with the switches and ports that the configuration has, or what became of them. */
export function start(): i32 {
  makePorts()
  makeSwitches()
  makeAddresses()
  clearShaping()
  clearOutgoing()
  ageingAt = host.now() + AgeingPeriod
  armed = 0
  carryOutRecords()
  armNext(u64.MAX_VALUE)
  return 0
}

/** Frames wait. Not 0: it is to be called soon. */
export function frames(): i32 {
  const count = host.take(batch, FramesOfCall)
  if (count == 0) return 0
  const now = host.now()
  for (let index: u32 = 0; index < count; index++) forward(frameAt(index), index, now)
  flush()
  for (let index: u32 = 0; index < count; index++) shape(portAt(frameAt(index).port), now)
  armNext(releaseDue(now))
  return 1
}

/** Who is behind a port takes other frames from now on, or none. */
export function portChanged(port: u32): void { if (port < PortLimit) portHasChanged(portAt(port)) }

/** An administrator wants something. */
export function orders(): void {
  carryOutOrders()
  armNext(releaseDue(host.now()))
}

/** The time that was asked for has come. */
export function tick(): void {
  const now = host.now()
  armed = 0
  if (now >= ageingAt) {
    forgetOld(now)
    ageingAt = now + AgeingPeriod
  }
  armNext(releaseDue(now))
}

/** Asks to be called when the next port may go on, or addresses are to be forgotten. */
function armNext(release: u64): void {
  const next = min(release, ageingAt)
  if (next == armed) return
  armed = next
  host.arm(next)
}
