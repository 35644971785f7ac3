/** Interrupts only record what happened; the run loop acts on it. The one decision here is the watchdog's. */
import { DeviceLimit } from '../../capability/devices'
import { answer } from '../cpu/kick'
import * as hw from '../hw'
import { toTicks } from '../time/clock'
import { current, interruptedAt, setInterruptedAt, watchdogLimit } from '../sandbox/sandbox'
import { recordTrap, TrapReason } from '../sandbox/trap'
import { armTimer, endOfInterrupt, Vector } from './localapic'
import { closeLines } from './pic'
import { watchdogPeriod } from '../time/timer'
import { requestAttention, requestService } from '../vm/attention'

/** A terminal's device has interrupted, and its driver was not called yet. */
export let consoleFired = false
export function clearConsoleFired(): void { consoleFired = false }

/** Devices that have interrupted and whose drivers were not called yet, bit n for number n. */
let deviceFired: u32 = 0
/** True once for each time that the device has sent its message, or any line has interrupted that may be its. */
export function takeFired(index: u32): bool {
  const before = deviceFired
  deviceFired &= ~(<u32>1 << index)
  return before != deviceFired
}

/** Returns 0, or the gate status that ends the sandbox call in progress. */
export function onInterrupt(vector: u32, rip: u64): u32 {
  if (vector > Vector.Timer) {
    if (vector == Vector.Kick) endOfInterrupt() // a spurious one has no end
    answer()
    return 0
  }
  const isLine = vector < Vector.Line + 16
  if (isLine) deviceFired |= closeLines()
  else endOfInterrupt()
  // Wherever it came, in a guest or in a sandbox's call, the run loop looks at it before the guest goes on.
  requestAttention()
  if (vector == Vector.Timer) return current != 0 ? watch(rip) : 0
  if (vector - Vector.Device < DeviceLimit) deviceFired |= 1 << (vector - Vector.Device)
  else if (!isLine) consoleFired = true
  requestService()
  return 0
}

/** A call into a sandbox that the timer finds running twice, `watchdogLimit` apart, is stopped. */
function watch(rip: u64): u32 {
  const now = hw.readTsc()
  armTimer(watchdogPeriod())
  if (interruptedAt == 0) setInterruptedAt(now)
  else if (now - interruptedAt > toTicks(watchdogLimit)) {
    recordTrap(TrapReason.Watchdog, rip)
    return TrapReason.Watchdog
  }
  return 0
}
