/** No guest's timer is due for ever: whatever it writes, the host timer is armed for a time ahead. */
import { beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const Tsc = 0x10, TscDeadline = 0x6E0, LvtTimer = 0x832, InitialCount = 0x838, Divide = 0x83E
const Periodic = 1n << 17n, DeadlineMode = 2n << 17n, Vector = 0x40n
const POWER_ON = 50_000_000_000n
const FREQUENCY = 2_000_000_000n

let now = 0n
let machine: Sandbox
const hw = {
  readTsc: () => now,
  scale: (value: bigint, multiplier: bigint, divisor: bigint) => BigInt.asIntN(64, BigInt.asUintN(64, value) * multiplier / divisor),
  readMsr: () => 0xFEE0_0900n,
  writeMsr: () => {},
  store32: () => {},
  load32: () => Number(BigInt.asIntN(32, 0xFFFF_FFFFn - now / 2n)),
  in32: () => Number(BigInt.asIntN(32, (now += 2000n) * 3_579_545n / FREQUENCY & 0xFF_FFFFn)),
}
const deadline = () => BigInt.asUintN(64, machine.exports.deadline())

beforeEach(async () => {
  now = POWER_ON
  machine = await instantiate('test/kernel/timers.entry.ts', { imports: { hw } })
  machine.exports.start(POWER_ON)
})

test('a deadline at the end of the guest\'s time lies ahead', () => {
  machine.exports.write(LvtTimer, Vector | DeadlineMode)
  machine.exports.write(TscDeadline, 0xFFFF_FFFF_FFFF_FFFEn)
  expect(deadline()).toBeGreaterThan(now + (1n << 62n))
})

test('a deadline that the guest\'s TSC passes by wrapping is due once', () => {
  machine.exports.write(LvtTimer, Vector | DeadlineMode)
  machine.exports.write(Tsc, 0xFFFF_FFFF_FFFF_FF00n)
  machine.exports.write(TscDeadline, 0xFFFF_FFFF_FFFF_FFF0n)
  expect(deadline()).toBe(now + 0xF0n)
  now += 0x1000n
  machine.exports.expire()
  expect(deadline()).toBeGreaterThan(now + (1n << 62n))
})

test('a timer that expires with every tick is served every 100 µs', () => {
  machine.exports.write(LvtTimer, Vector | Periodic)
  machine.exports.write(Divide, 0xBn)
  machine.exports.write(InitialCount, 1n)
  for (let turn = 0; turn < 3; turn++) {
    now += 1_000_000n
    machine.exports.expire()
    expect(deadline()).toBe(now + BigInt.asUintN(64, machine.exports.tscFrequency()) / 10_000n)
  }
})
