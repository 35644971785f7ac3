/**
 * How fast the TSC and the local APIC timer tick, measured against a clock whose rate is known: the HPET, the ACPI PM timer
 * or the PIT, the first that works.
 */
import * as hw from '../hw'
import { RegisterSpace } from '../../capability/firmware'
import { acpi } from '../firmware/acpi'
import { timerCount } from '../interrupts/localapic'

/** Hz; until they are measured, more than any TSC has, so that no limit ends early, and what an APIC's timer may have, to look at a sandbox now and then. */
export let tscFrequency: u64 = 5_000_000_000
export let apicFrequency: u64 = 1_000_000_000
/** Ticks of the APIC's timer in one of the TSC, times 2^32. */
export let apicMultiplier: u64 = (<u64>1 << 32) / 5
/** What it was measured against. */
export let reference: string = 'nothing'

const FemtosecondsPerSecond: u64 = 1_000_000_000_000_000
/** Reference ticks are counted for a 100th of a second; a clock that stands still is given up after so many reads. */
const Share: u64 = 100
const PollLimit: u32 = 10_000_000

/** Measures; false when no reference clock works. */
export function calibrate(): bool { return againstHpet() || againstPmTimer() || againstPit() }

/** Against a clock of `frequency` that `count` reads, whose bits are those of `mask`. False when it stands still. */
function against(name: string, frequency: u64, mask: u32, count: () => u32): bool {
  const first = count()
  const startTsc = hw.readTsc()
  const startCount = timerCount()
  let ticks: u32 = 0
  for (let i: u32 = 0; i < PollLimit && ticks < frequency / Share; i++) ticks = count() - first & mask
  const elapsed = hw.readTsc() - startTsc
  const counted = startCount - timerCount()
  if (ticks == 0 || elapsed == 0) return false
  tscFrequency = hw.scale(elapsed, frequency, ticks)
  apicFrequency = hw.scale(counted, frequency, ticks)
  apicMultiplier = hw.scale(apicFrequency, <u64>1 << 32, tscFrequency)
  reference = name
  return tscFrequency >= 1_000_000 && apicFrequency != 0
}

/** IA-PC HPET specification 1.0a, 2.3: capabilities 000h, configuration 010h, main counter 0F0h. */
function againstHpet(): bool {
  const hpetAddress = acpi().hpetAddress
  if (hpetAddress == 0) return false
  const period = hw.load64(hpetAddress) >> 32 // femtoseconds
  if (period == 0 || period > 100_000_000) return false
  hw.store64(hpetAddress + 0x10, hw.load64(hpetAddress + 0x10) | 1)
  return against('HPET', FemtosecondsPerSecond / period, u32.MAX_VALUE, (): u32 => hw.load32(acpi().hpetAddress + 0xF0))
}

/** ACPI 6.5, 4.8.3.3: 24 or 32 bits at 3.579545 MHz. */
function againstPmTimer(): bool {
  const register = acpi().pmTimer
  return register.space == RegisterSpace.Port &&
    against('ACPI PM timer', 3_579_545, register.bits == 32 ? u32.MAX_VALUE : 0xFF_FFFF, (): u32 => hw.in32(<u32>acpi().pmTimer.address))
}

/** 8254 channel 2 in mode 0, gated by port 61h, counting down from FFFFh. */
function againstPit(): bool {
  const gate = hw.in8(0x61)
  hw.out8(0x61, gate & ~3 | 1)
  hw.out8(0x43, 0xB0)
  hw.out8(0x42, 0xFF)
  hw.out8(0x42, 0xFF)
  const works = against('PIT', 1_193_182, 0xFFFF, (): u32 => {
    hw.out8(0x43, 0x80)
    const low = hw.in8(0x42)
    return 0 - (hw.in8(0x42) << 8 | low)
  })
  hw.out8(0x61, gate)
  return works
}
