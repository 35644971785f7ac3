/** The clocks agree with each other, none runs backwards. */
import { Fixed, fixed32, findTable, EventTimer } from '../platform/acpi'
import { tscFrequency, spinFor, ticksOf } from '../platform/clock'
import { in32, in8, load32, load64, readTsc, store32 } from '../platform/hw'
import { counter2Expired, latchPit, PitFrequency, startCounter2, startPit } from '../platform/pit'
import { readField, readRtc, Rtc, secondsOfDay, writeRtc } from '../platform/rtc'
import { between, equal, holds, skip, subject } from './report'

@inline const HpetCapabilities: u64 = 0xFED00000
@inline const HpetConfiguration: u64 = 0xFED00010
@inline const HpetCounter: u64 = 0xFED000F0

/** Measurements that a stopped vCPU may spoil are made so often. */
const Attempts: u32 = 5

function testTsc(): void {
  let last = readTsc()
  let backwards: u32 = 0
  for (let i = 0; i < 100000; i++) {
    const now = readTsc()
    if (now < last) backwards++
    last = now
  }
  equal('TSC runs backwards', backwards, 0)
  between('TSC frequency', tscFrequency(), 10000000, 10000000000)
}

/** Per mille of the TSC frequency that PIT counter 2 measures. */
function tscByPit(): u64 {
  const count: u32 = 59659 // 50 ms
  startCounter2(count)
  const begin = readTsc()
  while (!counter2Expired()) {}
  return (readTsc() - begin) * PitFrequency / count * 1000 / tscFrequency()
}

function tscByHpet(): u64 {
  const period = u64(load32(HpetCapabilities + 4)) // femtoseconds
  const from = load64(HpetCounter)
  const begin = readTsc()
  spinFor(50000)
  const passed = load64(HpetCounter) - from
  const ticks = readTsc() - begin
  return ticks * 1000000000 / (passed * period / 1000000) * 1000 / tscFrequency()
}

/** Repeats a measurement until it is within a per cent, as it is unless the processor was away in the middle of it. */
function agrees(name: string, measurement: u32): void {
  let value: u64 = 0
  for (let i: u32 = 0; i < Attempts; i++) {
    value = measurement == 0 ? tscByPit() : measurement == 1 ? tscByHpet() : tscByRtc()
    if (value >= 990 && value <= 1010) break
  }
  between(name, value, 990, 1010)
}

/** From one second of the clock to the next. */
function tscByRtc(): u64 {
  let second = readRtc(Rtc.Seconds)
  while (readRtc(Rtc.Seconds) == second) {}
  const begin = readTsc()
  second = readRtc(Rtc.Seconds)
  while (readRtc(Rtc.Seconds) == second) {}
  return (readTsc() - begin) * 1000 / tscFrequency()
}

function testPit(): void {
  startPit(2, 10000)
  let highest: u32 = 0
  let outside: u32 = 0
  const end = readTsc() + ticksOf(30000)
  while (readTsc() < end) {
    const now = latchPit()
    if (now > highest) highest = now
    if (now > 10000 || now == 0) outside++
  }
  subject('PIT mode 2')
  equal('  counts from its count to 1', outside, 0)
  between('  down from the top', highest, 8000, 10000)
  startPit(0, 0xFFFF)
  const first = latchPit()
  spinFor(1000)
  const second = latchPit()
  between('PIT counts 1193 in a millisecond', (first - second) & 0xFFFF, 1100, 6000)
}

function testPmTimer(): void {
  const port = fixed32(Fixed.PmTimerBlock)
  if (!port) return skip('PM timer', 'no FADT')
  let backwards: u32 = 0
  let last = in32(port) & 0xFFFFFF
  for (let i = 0; i < 10000; i++) {
    const now = in32(port) & 0xFFFFFF
    if (((now - last) & 0xFFFFFF) > 0x800000) backwards++
    last = now
  }
  equal('PM timer runs backwards', backwards, 0)
}

function testHpet(): void {
  if (!findTable(EventTimer)) return skip('HPET', 'no table')
  const period = load32(HpetCapabilities + 4)
  subject('HPET')
  between('  period (femtoseconds)', period, 1, 0x05F5E100) // specification 2.3.4: at most 100 ns
  const configuration = load32(HpetConfiguration)
  store32(HpetConfiguration, configuration & ~1)
  const halted = load64(HpetCounter)
  spinFor(1000)
  equal('  halted counter stands still', load64(HpetCounter), halted)
  store32(HpetConfiguration, configuration | 1)
  let backwards: u32 = 0
  let last = load64(HpetCounter)
  for (let i = 0; i < 10000; i++) {
    const now = load64(HpetCounter)
    if (now < last) backwards++
    last = now
  }
  equal('  runs backwards', backwards, 0)
  agrees('  agrees with the TSC (per mille)', 1)
}

function testRtc(): void {
  subject('RTC')
  equal('  has power', readRtc(Rtc.StatusD) & 0x80, 0x80)
  between('  month', readField(Rtc.Month), 1, 12)
  between('  day', readField(Rtc.Day), 1, 31)
  between('  year', readField(Rtc.Year), 24, 99)
  holds('  seconds of the day', secondsOfDay() < 86400)
  const kept = readRtc(0x50)
  writeRtc(0x50, 0xA5)
  equal('  keeps bytes', readRtc(0x50), 0xA5)
  writeRtc(0x50, kept)
  agrees('  agrees with the TSC (per mille)', 2)
}

export function testTimers(): void {
  testTsc()
  testPmTimer()
  testPit()
  agrees('PIT counter 2 agrees with the TSC (per mille)', 0)
  equal('PIT counter 2 output', in8(0x61) & 0x20, 0x20)
  testHpet()
  testRtc()
}
