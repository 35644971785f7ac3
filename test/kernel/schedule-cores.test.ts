/** Core scheduling, simulated on cores of two and of four threads: no core runs two VMs at a time, and who waits is served as the weights say. */
import { beforeAll, describe, expect, test } from 'vitest'
import { crowd, decisions, expectForgotten, expectKept, host, live, measured, Microsecond, Millisecond, processors, s, Second, sequence, simulate, text, vm, vms, Weights } from './simulation.ts'

/** A core changes VM by a kick to its other threads; who of the new VM's goes where, and whom that frees, takes some more. */
const Idle = 40n * Microsecond
/** What still runs when VMs are to share no core any more leaves by a kick. */
const Kick = 5n * Microsecond

beforeAll(simulate)

/** A host full of VMs, on cores of so many threads. */
function cores(seed: number, threads: number, options?: Parameters<typeof crowd>[1]): boolean {
  crowd(seed, options)
  if (processors < threads) return false
  s.shareCores(threads)
  return true
}

/** What each VM is due of one core: it has the whole of it while it runs, and uses as many threads as it has vCPUs; the time that these run is as the weights. */
function dueOfOneCore(threads: number): number[] {
  const used = vms.map(({ vcpus }) => Math.min(vcpus.length, threads))
  const all = vms.reduce((sum, { weight }, n) => sum + weight / used[n], 0)
  return vms.map(({ weight }) => weight / all)
}

describe.each([2, 4])('cores of %i threads', threads => {
  test('run one VM at a time, and of one core each VM has CPU time as its weight', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = sequence(seed)
      host(threads, seed)
      s.shareCores(threads)
      for (let n = 0, count = 2 + random(6); n < count; n++) vm({ weight: Weights[random(8)], count: 1 + random(5) })
      s.run(Second)
      const due = dueOfOneCore(threads)
      // A slice of each.
      measured(20).forEach((share, n) => expect(Math.abs(share - due[n]), text(n)).toBeLessThan(0.002 * vms[n].vcpus.length + 0.003))
      expectKept({ idle: Idle })
    }
  })

  test('of several, each VM has at least what it were due with one thread a core', () => {
    for (let seed = 1; seed <= 200; seed++) {
      if (!cores(seed, threads)) continue
      const weights = vms.reduce((sum, { weight }) => sum + weight, 0)
      s.run(Second)
      measured(10).forEach((share, n) => {
        const due = Math.min(vms[n].weight / weights * processors / threads, vms[n].vcpus.length)
        expect(share, text(n)).toBeGreaterThan(0.99 * due - 0.002 * vms[n].vcpus.length)
      })
      expectKept({ idle: Idle })
    }
  })

  test('keep caps, and VMs where they may be', () => {
    for (let seed = 1; seed <= 200; seed++) {
      if (!cores(seed, threads, { caps: seed % 2 === 0, mask: random => random(2) ? 1 + random(2 ** processors - 1) : 2 ** processors - 1 })) continue
      measured(5).forEach((share, n) => { if (vms[n].cap) expect(share, text(n)).toBeLessThan(vms[n].cap / 100 + 0.001) })
      expectKept({ idle: Idle })
    }
  })

  test('starve nobody, not by others that may use one thread only, nor by such that sleep', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = sequence(seed)
      host(threads * (1 + random(2)), seed)
      s.shareCores(threads)
      for (let n = 0, count = 2 + random(7); n < count; n++) {
        const sleeps = random(2) === 0
        vm({ weight: 100 + random(200), count: 1 + random(3), mask: random(2) ? 1 << random(processors) : 2 ** processors - 1,
          work: sleeps ? BigInt(20 + random(20_000)) * Microsecond : 0n, sleep: BigInt(20 + random(20_000)) * Microsecond })
      }
      s.run(Second)
      s.forgetWaits()
      s.run(5n * Second)
      // Nine VMs of three vCPUs each, one of which weighs a ninth of another's, on two threads of one core: each had a turn of a latency.
      for (const one of vms) for (const n of one.vcpus) expect(s.longestWait(n), text(vms.indexOf(one))).toBeLessThan(600n * Millisecond)
      expectKept({ idle: Idle })
    }
  })

  test('are said to idle by force as long as they do', () => {
    for (let seed = 1; seed <= 40; seed++) {
      if (!cores(seed, threads)) continue
      s.run(5n * Second)
      for (let n = 0; n < processors; n++) expect(Math.abs(Number(s.forced(n) - s.forcedSaid(n))), `${n}: ${text(0)}`).toBeLessThan(0.02 * 5e9)
    }
  })

  test('change at any time, with all else that does, and are forgotten when all may be shared again', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = sequence(seed)
      host(threads * (1 + random(2)), seed)
      live(random, 2 + random(8), () => s.shareCores(random(2) ? threads : 1))
      expectKept({ idle: Idle, mixed: Kick })
      s.shareCores(1)
      expectForgotten(seed)
      expectKept({ idle: Idle, mixed: Kick })
    }
  })
})

test('a VM of two vCPUs is brought together on one core when others want it', () => {
  host(4)
  s.shareCores(2)
  for (let n = 0; n < 2; n++) vm({ count: 2 })
  s.run(Second)
  measured(1).forEach(share => expect(share).toBeGreaterThan(1.999))
  expectKept({ idle: Idle })
})

test('all of that took millions of decisions', () => { expect(decisions + s.decisions.value).toBeGreaterThan(2_000_000) })
