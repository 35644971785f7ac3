/**
 * The host's 8259s, at which the interrupt lines of PCI functions without messages arrive: to which input each leads the firmware has decided, and I/O APICs get them
 * otherwise wired, which stands in AML only. 8259A data sheet; PCI Local Bus Specification 3.0, 2.2.6 and 6.2.4.
 */
import * as hw from '../hw'
import { later, toTicks } from '../time/clock'
import { noteDeadline } from '../vm/timers'
import { passExternal, Vector } from './localapic'

const First: u32 = 0x20
const Second: u32 = 0xA0
/** The first one's input that is the second one. */
const Cascade: u32 = 2
/** A bit for each input that is level-triggered, as lines are, which may be shared. 82371AB (PIIX4) data sheet, 4.2.6. */
const LevelTriggered: u32 = 0x4D0
/** From when drivers were called to the next interrupt, nanoseconds. Somebody without a driver may hold a line down: all else has this long in between, however long the drivers take. */
@inline const Pause: u64 = 50_000

/** Inputs that are open unless a line has just interrupted. */
let open: u32 = 0
/** When they are again, or u64.MAX_VALUE; 0 until drivers have been called. */
let openAt: u64 = u64.MAX_VALUE
/** Devices whose lines they are, bit n for number n. */
let lined: u32 = 0

/** Masks both, moved off the exceptions' vectors first. They end interrupts by themselves: a spurious one has no end. */
export function maskPics(): void {
  initialize(First, Vector.Line, 1 << Cascade)
  initialize(Second, Vector.Line + 8, Cascade)
  mask(u32.MAX_VALUE)
}

function initialize(port: u32, vector: u32, wiring: u32): void {
  hw.out8(port, 0x11)
  hw.out8(port + 1, vector)
  hw.out8(port + 1, wiring)
  hw.out8(port + 1, 0x03)
}

function mask(inputs: u32): void {
  hw.out8(First + 1, inputs)
  hw.out8(Second + 1, inputs >> 8)
}

/** Lets a device's line interrupt this CPU. False where the input, below 16, is not one for lines. */
export function openLine(input: u32, device: u32): bool {
  if ((hw.in8(LevelTriggered + (input >> 3)) >> (input & 7) & 1) == 0) return false
  open |= 1 << input | 1 << Cascade
  lined |= 1 << device
  passExternal()
  mask(~open)
  return true
}

/** One has interrupted, and goes on doing so until its driver has been called; the devices that it may be of, bit n for number n. */
export function closeLines(): u32 {
  mask(u32.MAX_VALUE)
  openAt = 0
  return lined
}

/** Drivers have been called. */
export function openLines(): void {
  if (openAt == u64.MAX_VALUE) return
  if (openAt == 0) openAt = later(hw.readTsc(), toTicks(Pause))
  if (hw.readTsc() < openAt) return noteDeadline(openAt)
  openAt = u64.MAX_VALUE
  mask(~open)
}
