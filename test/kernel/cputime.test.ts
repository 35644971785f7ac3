/** Where the processors' time went: each tick is counted once, also while what it goes into lasts. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

let nucleus: Record<string, any>
let now = 0n

beforeAll(async () => {
  // A tick is a nanosecond.
  const hw = { readTsc: () => now, multiplyShift: (ticks: bigint) => ticks, scale: (value: bigint) => value, armTimer: () => {}, store32: () => {} }
  nucleus = (await instantiate('test/kernel/cputime.entry.ts', { imports: { hw } })).exports
})
beforeEach(() => { now = 0n; nucleus.start(2) })

const Nucleus = 0, Guest = 1, Idle = 2
const numbers = (cpu = 0) => [0, 1, 2, 3, 4].map(key => Number(nucleus.adminCpuNumber(2, cpu, key)))

describe('a processor', () => {
  test('counts guests, sandboxes, waiting and idleness, none of them twice', () => {
    nucleus.turn(Guest, 100n)
    nucleus.spend(30n, 5n)
    nucleus.turn(Nucleus, 200n)
    nucleus.spend(7n, 0n)
    nucleus.turn(Idle, 250n)
    nucleus.turn(Nucleus, 1000n)
    now = 1100n
    expect(numbers()).toEqual([1100, 65, 37, 750, 5])
  })

  test('counts what it has not ended yet', () => {
    nucleus.turn(Guest, 100n)
    nucleus.spend(30n, 0n)
    now = 400n
    expect(numbers()).toEqual([400, 270, 30, 0, 0])
    nucleus.turn(Idle, 500n)
    now = 700n
    expect(numbers()).toEqual([700, 370, 30, 200, 0])
  })

  test('counts for another, which may have turned to something after the clock was read', () => {
    nucleus.otherIsAt(Guest, 100n)
    now = 1000n
    expect(numbers(1)).toEqual([1000, 900, 0, 0, 0])
    now = 99n
    expect(numbers(1)).toEqual([99, 0, 0, 0, 0])
  })

  test('that is not there has nothing', () => {
    now = 1000n
    expect(numbers(2)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('a vCPU', () => {
  const Runnable = 0, Halted = 1, WaitingForStartup = 2, Absent = 3
  const state = (index: number) => Number(nucleus.adminVcpuNumber(2, 0, index, 0))
  const time = () => Number(nucleus.adminVcpuNumber(2, 0, 0, 1))
  const stolen = () => Number(nucleus.adminVcpuNumber(2, 0, 0, 2))

  test('is runnable, halted, waits for its startup or is absent', () => {
    expect([state(0), state(1), state(2)]).toEqual([Runnable, WaitingForStartup, Absent])
    nucleus.halt()
    expect(state(0)).toBe(Halted)
  })

  test('is stolen from while it wants a CPU and has none, and not while it is halted or its VM is paused', () => {
    now = 40n
    expect([stolen(), time()]).toEqual([40, 0])
    nucleus.begin(now = 50n)
    now = 70n
    expect([stolen(), time()]).toEqual([50, 20]) // it has a CPU, as another CPU finds that looks
    nucleus.end(now = 80n)
    now = 100n
    expect([stolen(), time()]).toEqual([70, 30])
    nucleus.begin(100n)
    nucleus.halt()
    nucleus.end(120n)
    now = 500n
    expect(stolen()).toBe(70)
    nucleus.pause()
    now = 900n
    expect(stolen()).toBe(70)
  })

  test('that is not there, or whose VM does not run, has nothing: its memory is given back', () => {
    now = 40n
    expect(nucleus.adminVcpuNumber(2, 0, 2, 2)).toBe(0n)
    expect(nucleus.adminVcpuNumber(2, 1, 0, 2)).toBe(0n)
    expect(stolen()).toBe(40)
    nucleus.stop()
    expect(stolen()).toBe(0)
  })
})
