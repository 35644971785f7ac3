/** The interrupts a test waits for: how often each vector came, and who is told that it was handled. */
import { disableInterrupts, enableInterrupts, pause, readTsc } from '../platform/hw'
import { ticksOf } from '../platform/clock'
import { DeliverNmi, endOfInterrupt, sendSelf } from '../platform/localapic'
import { endOfPicInterrupt } from '../platform/pic'
import { takeError } from './ferr'

export namespace Vector {
  export const Nmi: u32 = 2
  export const Pic: u32 = 0x20 // IRQ 0; to 2Fh
  export const Timer: u32 = 0x40
  export const Ipi: u32 = 0x51
  export const UrgentIpi: u32 = 0x91
  export const IoApic: u32 = 0x61
  export const Serial: u32 = 0x62
  export const Rtc: u32 = 0x63
  export const Spurious: u32 = 0xFF
}

const counts: usize = memory.data(1024, 4)
let acknowledgements: u32 = u32.MAX_VALUE

@inline function slot(vector: u32): usize { return counts + (<usize>vector << 2) }

/** How often a vector was taken. */
export function taken(vector: u32): u32 { return load<u32>(slot(vector)) }

/** Forgets what came before. */
export function forget(): void { memory.fill(counts, 0, 1024) }

/** Whether interrupts are acknowledged as they are taken. */
export function acknowledge(yes: bool): void { acknowledgements = yes ? u32.MAX_VALUE : 0 }

/** The next so many interrupts are acknowledged, those after them not. */
export function acknowledgeOnly(count: u32): void { acknowledgements = count }

let repeats: u32 = 0
let depth: u32 = 0
let deepest: u32 = 0

/** The next so many NMIs each send another from their handler. */
export function nestNmi(count: u32): void {
  repeats = count
  deepest = 0
}

/** How many NMI handlers were on the stack at once. */
export function deepestNmi(): u32 { return deepest }

function takeNmi(): void {
  if (++depth > deepest) deepest = depth
  if (repeats) {
    repeats--
    sendSelf(DeliverNmi)
    for (let i = 0; i < 1000; i++) readTsc()
  }
  depth--
}

/** Every exception that comes here is unexpected, but for NMI. */
export function received(vector: u32): bool {
  if (vector < 32 && vector != Vector.Nmi) return false
  store<u32>(slot(vector), taken(vector) + 1)
  if (vector == Vector.Nmi) takeNmi()
  if (vector == Vector.Pic + 13) takeError()
  if (!acknowledgements || vector == Vector.Nmi || vector == Vector.Spurious) return true
  acknowledgements--
  if (vector >= Vector.Pic && vector < Vector.Pic + 16) endOfPicInterrupt(vector - Vector.Pic)
  else endOfInterrupt()
  return true
}

/** Waits with interrupts on until a vector was taken so often or the time is over; returns how often it was. */
export function waitFor(vector: u32, times: u32, microseconds: u64): u32 {
  const end = readTsc() + ticksOf(microseconds)
  enableInterrupts()
  while (taken(vector) < times && readTsc() < end) pause()
  disableInterrupts()
  return taken(vector)
}

/** Takes interrupts for so long. */
export function listen(microseconds: u64): void {
  const end = readTsc() + ticksOf(microseconds)
  enableInterrupts()
  while (readTsc() < end) pause()
  disableInterrupts()
}
