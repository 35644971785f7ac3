/** The interrupts that hello waits for: the serial port, the power button, and a slow timer that shows it is alive. */
import { tscFrequency } from '../platform/clock'
import { endOfInterrupt, enableApic, hasApic, Periodic, startTimer, DivideBy16 } from '../platform/localapic'
import { maskAllPins, routeIsa } from '../platform/ioapic'
import { endOfPicInterrupt, initializePic, maskPic } from '../platform/pic'
import { enablePowerButton, powerButtonPressed } from '../platform/power'
import { enableReceiverInterrupt } from '../platform/serial'
import { startPit } from '../platform/pit'
import { Apic, readApic, writeApic, Masked } from '../platform/localapic'
import { spinFor } from '../platform/clock'

namespace Vector {
  export const Pic: u32 = 0x20 // to 2Fh
  export const Timer: u32 = 0x40
  export const Serial: u32 = 0x41
  export const PowerButton: u32 = 0x42
  export const Spurious: u32 = 0xFF
}

let ticks: u64 = 0
let viaApic: bool = false
let pressed: bool = false

/** Whether the power button was pressed since this was asked before. */
export function takePowerButton(): bool {
  const was = pressed
  pressed = false
  return was
}

/** Timer interrupts so far: two in a second. */
export function tickCount(): u64 { return ticks }

/** What keeps the time: for the banner of `time`. */
export function timerName(): string { return viaApic ? 'local APIC' : 'PIT' }

/** Wires everything up: through the APICs where there are any, else through the 8259s. */
export function startInterrupts(): void {
  initializePic(Vector.Pic)
  tscFrequency()
  const sci = enablePowerButton()
  viaApic = hasApic()
  if (viaApic) {
    enableApic()
    maskAllPins()
    routeIsa(4, Vector.Serial)
    if (sci) routeIsa(sci, Vector.PowerButton)
    startTimer(Vector.Timer, Periodic, apicTicksPerSecond() / 2, DivideBy16)
  } else {
    maskPic(0xFFEA & ~(sci ? 1 << sci : 0)) // timer, cascade, COM1
    startPit(2, 0) // 18.2 Hz
  }
  enableReceiverInterrupt()
}

/** Counts the local APIC timer, divided by 16, over 20 ms. */
function apicTicksPerSecond(): u32 {
  startTimer(Vector.Timer | Masked, 0, 0xFFFFFFFF, DivideBy16)
  spinFor(20000)
  const passed = 0xFFFFFFFF - readApic(Apic.CurrentCount)
  writeApic(Apic.InitialCount, 0)
  return passed * 50
}

/** Answers an interrupt; false for one that nobody expects. */
export function acknowledge(vector: u32): bool {
  if (vector == Vector.Spurious) return true
  // Before the end of the interrupt: its line is a level, which would interrupt again at once and for ever.
  if (powerButtonPressed()) pressed = true
  if (vector == Vector.Timer || vector == Vector.Serial || vector == Vector.PowerButton) {
    if (vector == Vector.Timer) ticks++
    endOfInterrupt()
    return true
  }
  if (vector >= Vector.Pic && vector < Vector.Pic + 16) {
    if (vector == Vector.Pic) ticks++
    endOfPicInterrupt(vector - Vector.Pic)
    return true
  }
  return false
}
