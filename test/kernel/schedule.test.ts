import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { instantiate } from '../sandbox'

const Frequency = 1_000_000n // a tick is a microsecond
const Millisecond = 1000
const Second = 1_000_000
const Never = 0xFFFF_FFFF_FFFF_FFFFn

let s: Record<string, any>
beforeAll(async () => { s = (await instantiate('test/kernel/schedule.entry.ts')).exports })

/** A vCPU: runs `work` ticks, then sleeps `sleep`; without `work` it never sleeps. */
interface Load { weight: number, work?: () => number, sleep?: () => number }

interface Outcome { time: number[], longestWait: number[], latencies: number[][], switches: number, idle: number, wasted: number }

/** Runs the scheduler as the nucleus does: a timer at the slice's end, wake-ups as they come. */
function simulate(loads: Load[], duration: number, from = 0n): Outcome {
  s.start(Frequency, 1)
  const all = loads.map((load) => ({ ...load, left: load.work?.() ?? Infinity, wakeAt: Infinity, readySince: 0, woken: false }))
  const outcome: Outcome = { time: loads.map(() => 0), longestWait: loads.map(() => 0), latencies: loads.map(() => []), switches: 0, idle: 0, wasted: 0 }
  const at = (now: number) => from + BigInt(now)
  loads.forEach((load, n) => { s.add(n, load.weight); s.wake(n, at(0)) })
  let now = 0
  let running = -1
  while (now < duration) {
    const next = s.pickNext(0, at(now))
    if (next !== running) outcome.switches++
    if (running >= 0 && running !== next) all[running].readySince = now
    if (next >= 0 && next !== running) {
      outcome.longestWait[next] = Math.max(outcome.longestWait[next], now - all[next].readySince)
      if (all[next].woken) outcome.latencies[next].push(now - all[next].readySince)
      all[next].woken = false
    }
    running = next
    const sliceEnd = BigInt.asUintN(64, s.sliceEnd(0))
    const wake = Math.min(...all.map((one) => one.wakeAt))
    const end = Math.min(duration, sliceEnd === Never ? Infinity : Number(sliceEnd - from), wake, running >= 0 ? now + all[running].left : Infinity)
    if (running >= 0) {
      outcome.time[running] += end - now
      all[running].left -= end - now
    } else {
      outcome.idle += end - now
      if (all.some((one) => one.wakeAt === Infinity)) outcome.wasted += end - now
    }
    now = end
    if (running >= 0 && all[running].left === 0) {
      s.block(running, at(now))
      all[running].wakeAt = now + all[running].sleep!()
      running = -1
    }
    all.forEach((one, n) => {
      if (one.wakeAt > now) return
      s.wake(n, at(now))
      Object.assign(one, { wakeAt: Infinity, left: one.work!(), readySince: now, woken: true })
    })
  }
  s.settle(0, at(now))
  return outcome
}

describe('shares', () => {
  it('are as the weights, 1 to 3', () => {
    const { time } = simulate([{ weight: 1 }, { weight: 3 }], 10 * Second)
    expect(time[0] / (10 * Second)).toBeGreaterThan(0.24)
    expect(time[0] / (10 * Second)).toBeLessThan(0.26)
    expect(time[0] + time[1]).toBe(10 * Second)
  })

  it('do not depend on how large the weights are, nor on the time of day', () => {
    for (const [weights, from] of [[[1, 3], 0n], [[3333, 9999], 0n], [[100, 300], 1n << 61n]] as const) {
      const { time } = simulate(weights.map((weight) => ({ weight })), 10 * Second, from)
      expect(Math.abs(time[0] / (10 * Second) - 0.25)).toBeLessThan(0.01)
    }
  })

  it('are as the weights for any hogs, within a slice', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 12 }), (weights) => {
      const sum = weights.reduce((a, b) => a + b)
      const { time, longestWait, wasted } = simulate(weights.map((weight) => ({ weight })), 20 * Second)
      weights.forEach((weight, n) => {
        expect(Math.abs(time[n] - 20 * Second * weight / sum)).toBeLessThan(25 * Millisecond * weights.length)
        expect(time[n]).toBe(Number(s.time(n)))
        // Its turn comes when the others have caught up with the slice it had, and each may pass it by a slice of its own.
        const caughtUp = Math.max(20 * Millisecond, 0.5 * Millisecond * sum / weight)
        expect(longestWait[n]).toBeLessThan(caughtUp + 20 * Millisecond + weights.length * 0.5 * Millisecond)
      })
      expect(wasted).toBe(0)
      expect(time.reduce((a, b) => a + b)).toBe(20 * Second)
    }), { numRuns: 40, seed: 11 })
  })

  it('starve nobody at 1 to 10000', () => {
    const { time, longestWait } = simulate([{ weight: 1 }, { weight: 10000 }], 100 * Second)
    expect(time[0]).toBeGreaterThan(9 * Millisecond)
    expect(time[0]).toBeLessThan(12 * Millisecond)
    expect(longestWait[0]).toBeLessThan(5.1 * Second)
  })

  it('hold however short the runs are', () => {
    s.start(Frequency, 1)
    s.add(0, 10000)
    s.add(1, 5000)
    s.wake(0, 0n)
    s.wake(1, 0n)
    let now = 0n
    const had = [0, 0]
    for (let n = 0; n < 300_000; n++) {
      had[s.pickNext(0, now)] += 7 // far less than a tick of virtual time
      now += 7n
    }
    expect(Math.abs(had[0] / (had[0] + had[1]) - 2 / 3)).toBeLessThan(0.01)
  })
})

describe('sleepers', () => {
  it('that need less than their share run at once', () => {
    const { time, latencies } = simulate([{ weight: 100 }, { weight: 100 }, { weight: 100, work: () => 200, sleep: () => 9800 }], 10 * Second)
    expect(time[2]).toBeGreaterThan(190 * Millisecond)
    expect(latencies[2].length).toBeGreaterThan(900)
    const late = latencies[2].filter((latency) => latency > Millisecond)
    expect(late.length).toBeLessThan(latencies[2].length / 50)
  })

  it('take no more than their share, whatever they do', () => {
    for (const [work, sleep] of [[100, 1], [5000, 100], [20_000, 1], [1000, 1000], [30_000, 20_000]]) {
      const { time } = simulate([{ weight: 100 }, { weight: 100, work: () => work, sleep: () => sleep }], 20 * Second)
      expect(time[0] / (20 * Second)).toBeGreaterThan(0.49)
    }
  })

  it('that slept long are owed no more than the credit', () => {
    s.start(Frequency, 1)
    s.add(0, 100)
    s.add(1, 100)
    s.wake(0, 0n)
    expect([s.pickNext(0, 0n), BigInt.asUintN(64, s.sliceEnd(0))]).toEqual([0, Never]) // alone: no timer
    const year = 365n * 86400n * Frequency
    s.kicks()
    s.wake(1, year)
    expect([s.kicks(), BigInt.asUintN(64, s.sliceEnd(0))]).toEqual([1, year])
    let now = year
    const had = [0, 0]
    let most = 0
    while (now < year + 1_000_000n) {
      const running = s.pickNext(0, now)
      had[running] += Number(s.sliceEnd(0) - now)
      now = s.sliceEnd(0)
      most = Math.max(most, had[1] - had[0])
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(10 * Millisecond + 20 * Millisecond) // the credit and a slice
  })

  it('that wake together have a processor each, and only as many are asked to look', () => {
    s.start(Frequency, 3)
    for (const n of [0, 1, 2]) { s.add(n, 100); s.wake(n, 0n) }
    for (const n of [0, 1, 2]) s.pickNext(n, 0n)
    for (const n of [3, 4]) s.add(n, 100)
    s.kicks()
    for (const n of [3, 4]) s.wake(n, 1_000_000n)
    const asked = [0, 1, 2].filter(n => s.sliceEnd(n) === 1_000_000n)
    expect(asked.length).toBe(2)
    expect(s.kicks()).toBe(asked.reduce((set, n) => set | 1 << n, 0))
    expect(asked.map(n => s.pickNext(n, 1_000_010n)).sort()).toEqual([3, 4])
  })

  it('leave the CPU idle only when all sleep', () => {
    const random = (seed: number) => () => { seed = seed * 1103515245 + 12345 & 0x7FFF_FFFF; return 1 + seed % 20_000 }
    const loads = [1, 50, 100, 1000].map((weight, n) => ({ weight, work: random(n + 1), sleep: random(n + 50) }))
    const { time, idle, wasted } = simulate(loads, 20 * Second)
    expect(wasted).toBe(0)
    expect(time.reduce((a, b) => a + b) + idle).toBe(20 * Second)
    for (const one of time) expect(one).toBeGreaterThan(0)
  })
})

describe('changes', () => {
  it('of a weight take effect at once', () => {
    s.start(Frequency, 1)
    for (const n of [0, 1]) { s.add(n, n === 0 ? 1 : 10000); s.wake(n, 0n) }
    const run = (from: bigint, to: bigint) => {
      const had = [0, 0]
      for (let now = from; now < to;) {
        const running = s.pickNext(0, now)
        const end = s.sliceEnd(0) < to ? s.sliceEnd(0) : to
        had[running] += Number(end - now)
        now = end
      }
      return had
    }
    run(0n, 10_000_000n)
    s.setGroup(0, 10000, 0, 1n, 0n, 10_000_000n)
    const had = run(10_000_000n, 12_000_000n)
    expect(Math.abs(had[0] / 2_000_000 - 0.5)).toBeLessThan(0.02)
    s.setGroup(0, 1, 0, 1n, 0n, 12_000_000n)
    expect(run(12_000_000n, 14_000_000n)[0]).toBeLessThan(25_000)
  })

  it('of the processor take the debt along', () => {
    s.start(Frequency, 2)
    for (const n of [0, 1, 2]) { s.add(n, 100); s.setGroup(n, 100, 0, n === 2 ? 2n : 1n, 0n, 0n); s.wake(n, 0n) }
    s.pickNext(1, 0n)
    const first = s.pickNext(0, 0n)
    s.pickNext(1, 8000n)
    s.setGroup(first, 100, 0, 2n, 0n, 8000n)
    expect(s.pickNext(0, 8000n)).toBe(1 - first)
    expect(s.pickNext(1, 8000n)).toBe(2) // it ran 8 ms too, and knows the processor
    expect(s.pickNext(1, BigInt.asUintN(64, s.sliceEnd(1)))).toBe(first)
  })

  it('of who runs are charged to who ran, and to nobody after a release', () => {
    s.start(Frequency, 1)
    s.add(0, 100)
    s.wake(0, 0n)
    s.pickNext(0, 100n)
    s.release(0, 300n)
    s.settle(0, 900n)
    s.pickNext(0, 1000n)
    s.settle(0, 1001n)
    expect(s.time(0)).toBe(201n)
    s.block(0, 1001n)
    s.release(0, 1001n)
    s.block(0, 2000n)
    expect([s.pickNext(0, 3000n), s.time(0)]).toEqual([-1, 201n])
  })

  it('in any order keep the sums right', () => {
    const step = fc.tuple(fc.constantFrom('wake', 'block', 'pick', 'weight', 'move', 'release'), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 30_000 }))
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      s.start(Frequency, 2)
      const home = [0, 0, 0, 0, 0, 0]
      const weights = home.map((_, n) => 1 + n * 100)
      const runnable = new Set<number>()
      const running = [-1, -1]
      const since = [0, 0]
      const time = [0, 0, 0, 0, 0, 0]
      let now = 0
      const account = () => running.forEach((one, p) => { if (one >= 0) time[one] += now - since[p]; since[p] = now })
      for (let n = 0; n < 6; n++) { s.add(n, weights[n]); s.setGroup(n, weights[n], 0, 1n, 0n, 0n) }
      for (const [kind, n, later] of steps) {
        now += later
        account()
        const p = home[n]
        if (kind === 'wake') { s.wake(n, BigInt(now)); runnable.add(n) }
        else if (kind === 'block') {
          s.block(n, BigInt(now))
          runnable.delete(n)
          running.forEach((one, p) => { if (one === n) { s.release(p, BigInt(now)); running[p] = -1 } })
        }
        else if (kind === 'weight') { weights[n] = later % 10_002; s.setGroup(n, weights[n], 0, BigInt(1 + p), 0n, BigInt(now)) }
        else if (kind === 'release') { s.release(p, BigInt(now)); running[p] = -1 }
        else if (kind === 'move') {
          s.setGroup(n, weights[n], 0, BigInt(2 - p), 0n, BigInt(now))
          home[n] = 1 - p
          if (running[p] === n) { s.release(p, BigInt(now)); running[p] = -1 }
        } else {
          running[p] = s.pickNext(p, BigInt(now))
          const here = [...runnable].filter((one) => home[one] === p)
          if (here.length) expect(here).toContain(running[p])
          else expect(running[p]).toBe(-1)
          expect(BigInt.asUintN(64, s.sliceEnd(p)) === Never).toBe(here.length < 2)
        }
      }
      account()
      s.settle(0, BigInt(now))
      s.settle(1, BigInt(now))
      expect(time.map((_, n) => Number(s.time(n)))).toEqual(time)
    }), { numRuns: 300, seed: 13 })
  })
})
