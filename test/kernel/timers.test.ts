/** No guest's timer is due for ever: whatever it writes, the host timer is armed for a time ahead. */
import { beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const Tsc = 0x10, TscDeadline = 0x6E0, LvtTimer = 0x832, InitialCount = 0x838, Divide = 0x83E
const Periodic = 1n << 17n, DeadlineMode = 2n << 17n, Vector = 0x40n
const POWER_ON = 50_000_000_000n
const FREQUENCY = 2_000_000_000n

let now = 0n
/** What the host's timer counts down from, in its own ticks, of two of the TSC's. */
let armed = 0n
/** The same at a machine's last tick. */
let armedInTick = 0n
/** What the machine does in its tick. */
let inTick = () => {}
let machine: Sandbox
const hw = {
  readTsc: () => now,
  scale: (value: bigint, multiplier: bigint, divisor: bigint) => BigInt.asIntN(64, BigInt.asUintN(64, value) * multiplier / divisor),
  readMsr: () => 0xFEE0_0900n,
  writeMsr: () => {},
  store32: (address: bigint, value: number) => { if (address === 0xFEE0_0380n) armed = BigInt(value >>> 0) },
  enter: () => {
    armedInTick = armed
    inTick()
    return 0n
  },
  multiplyShift: (value: bigint, multiplier: bigint, shift: number) => value * multiplier >> BigInt(shift),
  gateStatus: () => 0,
  load32: () => Number(BigInt.asIntN(32, 0xFFFF_FFFFn - now / 2n)),
  in32: () => Number(BigInt.asIntN(32, (now += 2000n) * 3_579_545n / FREQUENCY & 0xFF_FFFFn)),
}
const deadline = () => BigInt.asUintN(64, machine.exports.deadline())

beforeEach(async () => {
  now = POWER_ON
  inTick = () => {}
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

test('the timer is armed anew in each turn, for what is left: it may have interrupted early, or its interrupt been lost', () => {
  machine.exports.write(LvtTimer, Vector | DeadlineMode)
  machine.exports.expire()
  const due = now + 1_000_000n
  machine.exports.write(TscDeadline, due - POWER_ON)
  now = due - 1000n
  armed = 0n
  machine.exports.expire()
  expect(deadline()).toBe(due)
  expect(armed).toBeGreaterThan(450n)
  expect(armed).toBeLessThan(550n)
})

test('once a second everything is looked at, whatever has been noted', () => {
  machine.exports.write(LvtTimer, Vector | DeadlineMode)
  machine.exports.expire()
  machine.exports.takeOrders()
  const due = now + 1000n
  machine.exports.setDeadline(due)
  now += FREQUENCY / 2n
  machine.exports.expire()
  expect([machine.exports.takeOrders(), deadline()]).toEqual([0, due])
  now += FREQUENCY
  machine.exports.expire()
  expect(machine.exports.takeOrders()).toBe(1)
  expect(deadline()).toBeGreaterThan(now + (1n << 62n))
})

test('a restart whose time has come is something to be done, and no sooner', () => {
  machine.exports.expire()
  machine.exports.takeOrders()
  machine.exports.restartAt(now + 500_000n)
  machine.exports.expire()
  expect(machine.exports.takeOrders()).toBe(0)
  now += 500_000n
  machine.exports.expire()
  expect(machine.exports.takeOrders()).toBe(1)
})

test('while a machine ticks the timer is armed, by which one that does not return is found', () => {
  machine.exports.tickAt(now + 500_000n)
  machine.exports.expire()
  now += 500_000n
  armed = armedInTick = 0n
  machine.exports.expire()
  expect(armedInTick).toBeGreaterThan(0n)
  expect(armedInTick).toBeLessThan(FREQUENCY)
})

test('a machine that asks for the next tick in each is served every 100 µs', () => {
  inTick = () => machine.exports.tickAt(now + 1n)
  machine.exports.tickAt(now)
  for (let turn = 0; turn < 3; turn++) {
    machine.exports.expire()
    expect(machine.exports.tickDue()).toBe(now + BigInt.asUintN(64, machine.exports.tscFrequency()) / 10_000n)
    now = machine.exports.tickDue()
  }
  // What a guest asks for at another time comes when it asks for it.
  machine.exports.tickAt(now + 1n)
  expect(machine.exports.tickDue()).toBe(now + 1n)
})

test('a VM that stops while a processor has its machine tick is charged nothing for it', () => {
  inTick = () => { now += 1000n }
  machine.exports.tickAt(now)
  machine.exports.expire()
  expect(machine.exports.charged()).toBe(1000n)
  inTick = () => {
    now += 1000n
    machine.exports.stop()
  }
  machine.exports.tickAt(now)
  machine.exports.expire()
  expect(machine.exports.charged()).toBe(1000n)
})

test('what a guest of the first processor writes is seen to within 10 ms', () => {
  machine.exports.expire()
  machine.exports.writeSerial()
  expect(armed).toBeLessThan(FREQUENCY / 2n / 99n)
  expect(machine.exports.isServiceWanted()).toBe(0)
  now += FREQUENCY / 99n
  machine.exports.expire()
  expect(machine.exports.isServiceWanted()).toBe(1)
})

test('what comes while nothing of a VM was due is not missed', () => {
  machine.exports.write(LvtTimer, Vector | DeadlineMode)
  machine.exports.expire()
  for (const ahead of [900_000n, 300_000n, 600_000n]) {
    machine.exports.write(TscDeadline, now + ahead - POWER_ON)
    now += ahead
    machine.exports.expire()
    expect(deadline()).toBeGreaterThan(now + (1n << 62n))
  }
})
