/** The local APIC's timer. Intel SDM vol. 3, 11.5.4. */
import { beforeEach, describe, expect, it } from 'vitest'
import {
  Eoi, Timer, InitialCount, CurrentCount, Divide, None, Evaluate, TimerChanged, Never, a, read, write, enable, deadline, useApic,
} from './apic'

useApic()

describe('the timer (11.5.4)', () => {
  beforeEach(() => { enable() })

  it.each([[0b0000, 2], [0b0001, 4], [0b0010, 8], [0b0011, 16], [0b1000, 32], [0b1001, 64], [0b1010, 128], [0b1011, 1]])('divides as value %i says', (value, by) => {
    a.start(0, 3) // 8 TSC ticks to one of the input clock
    enable()
    write(Timer, 0x40)
    write(Divide, value)
    expect(write(InitialCount, 1000, 5000n)).toBe(TimerChanged)
    expect(deadline()).toBe(5000n + 1000n * 8n * BigInt(by))
    expect(read(CurrentCount, 5000n)).toBe(1000)
    expect(read(CurrentCount, 5000n + 8n * BigInt(by) - 1n)).toBe(1000)
    expect(read(CurrentCount, 5000n + 8n * BigInt(by))).toBe(999)
    expect(read(CurrentCount, deadline() - 1n)).toBe(1)
    expect(read(CurrentCount, deadline())).toBe(0)
  })

  it('one-shot interrupts once', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 10n)
    expect(a.expire(0, 109n)).toBe(None)
    expect(a.expire(0, 110n)).toBe(Evaluate | TimerChanged)
    expect([a.pending(0), deadline(), read(CurrentCount, 200n)]).toEqual([0x40, Never, 0])
    expect(a.expire(0, 10_000n)).toBe(None)
  })

  it('periodic goes on, and catches up at once', () => {
    write(Divide, 0xB)
    write(Timer, 0x2_0040)
    write(InitialCount, 100, 0n)
    a.expire(0, 100n)
    expect([a.take(0), deadline(), read(CurrentCount, 130n)]).toEqual([0x40, 200n, 70])
    write(Eoi, 0)
    expect(read(CurrentCount, 230n)).toBe(70) // due, and nobody called
    expect(a.expire(0, 1_000_000_000_050n)).toBe(Evaluate | TimerChanged)
    expect(deadline()).toBe(1_000_000_000_100n)
    expect(read(CurrentCount, 1_000_000_000_050n)).toBe(50)
    a.take(0)
    write(Eoi, 0)
    expect(a.pending(0)).toBe(-1)
    expect(write(InitialCount, 0, 1_000_000_000_060n)).toBe(TimerChanged)
    expect(deadline()).toBe(Never)
  })

  it('masked counts and interrupts nobody', () => {
    write(Divide, 0xB)
    write(Timer, 0x3_0040)
    write(InitialCount, 100, 0n)
    expect([deadline(), read(CurrentCount, 250n)]).toEqual([Never, 50])
    expect(write(Timer, 0x2_0040, 250n)).toBe(TimerChanged)
    expect([deadline(), a.pending(0)]).toEqual([300n, -1])
  })

  it('goes on at another pace when divided otherwise', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 0n)
    write(Divide, 0x0, 40n)
    expect([read(CurrentCount, 40n), deadline()]).toEqual([60, 160n])
  })

  it('interrupts for what was due before it was changed', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 0n)
    expect(write(InitialCount, 500, 150n)).toBe(Evaluate | TimerChanged)
    expect([a.pending(0), deadline()]).toEqual([0x40, 650n])
  })

  it('TSC deadline', () => {
    expect(a.writeTscDeadline(0, 1000n, 0n)).toBe(None) // not in this mode
    expect(write(Timer, 0x4_0040)).toBe(TimerChanged)
    expect(a.readTscDeadline(0, 0n)).toBe(0n)
    expect(a.writeTscDeadline(0, 1000n, 10n)).toBe(TimerChanged)
    expect([deadline(), a.readTscDeadline(0, 10n), read(CurrentCount, 10n)]).toEqual([1000n, 1000n, 0])
    expect(write(InitialCount, 5)).toBe(None)
    expect(read(InitialCount)).toBe(0)
    expect(a.expire(0, 999n)).toBe(None)
    expect(a.expire(0, 1000n)).toBe(Evaluate | TimerChanged)
    expect([a.take(0), deadline(), a.readTscDeadline(0, 1000n)]).toEqual([0x40, Never, 0n])
    write(Eoi, 0)
    expect(a.writeTscDeadline(0, 500n, 2000n)).toBe(Evaluate) // in the past
    expect([a.take(0), deadline()]).toEqual([0x40, Never])
    write(Eoi, 0)
    a.writeTscDeadline(0, 3000n, 2000n)
    expect(a.writeTscDeadline(0, 0n, 2000n)).toBe(TimerChanged) // disarmed
    expect([deadline(), a.pending(0)]).toEqual([Never, -1])
    a.writeTscDeadline(0, 3000n, 2000n)
    expect(a.writeTscDeadline(0, 9000n, 4000n)).toBe(Evaluate | TimerChanged) // the old one had come
    expect([deadline(), a.pending(0)]).toEqual([9000n, 0x40])
  })

  it('is disarmed by a change to or from TSC-deadline mode, not by one between the others', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 0n)
    write(Timer, 0x2_0040, 10n)
    expect([read(CurrentCount, 30n), deadline()]).toEqual([70, 100n])
    write(Timer, 0x4_0040, 30n)
    expect([read(CurrentCount, 30n), deadline()]).toEqual([0, Never])
    a.writeTscDeadline(0, 1000n, 30n)
    write(Timer, 0x40, 40n)
    expect(deadline()).toBe(Never)
  })

  it('a moved TSC moves a deadline in TSC, not a count', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 1000n)
    a.moveTime(0, -500n)
    expect([read(CurrentCount, 520n), deadline()]).toEqual([80, 600n])
    write(Timer, 0x4_0040, 520n)
    a.writeTscDeadline(0, 1000n, 520n)
    a.moveTime(0, -500n)
    expect(deadline()).toBe(1000n)
  })

  it('holds the longest period', () => {
    a.start(0, 5)
    enable()
    write(Divide, 0xA)
    write(Timer, 0x40)
    write(InitialCount, -1, 1n << 60n)
    expect(deadline()).toBe((1n << 60n) + 0xFFFF_FFFFn * 32n * 128n)
  })
})
