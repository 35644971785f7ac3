/** The simulated host of simulator.entry.ts as tests fill it and look at it. */
import { expect } from 'vitest'
import { instantiate } from '../sandbox.ts'
import { fairShares, type Demand } from './shares.ts'

export const Microsecond = 1000n
export const Millisecond = 1_000_000n
export const Second = 1_000_000_000n
/** How late a timer and then a kick can be in the simulation; and two kicks, where another processor took whom the first was for. */
export const Lateness = 7n * Microsecond
const TwoKicks = 10n * Microsecond

export let s: Record<string, any>
/** Compiles it. */
export async function simulate(): Promise<void> { s = (await instantiate('test/kernel/simulator.entry.ts')).exports }

export interface Vm { weight: number, cap: number, mask: number, preferred: number, vcpus: number[] }

/** The same sequence for the same seed. */
export function sequence(seed: number): (below: number) => number {
  let state = seed * 7919 + 13
  return below => {
    state = state * 1103515245 + 12345 & 0x7FFF_FFFF
    return (state >> 12) % below
  }
}

export let vms: Vm[] = []
export let processors = 0
export let decisions = 0

export function host(count: number, seed = 1): void {
  decisions += s.decisions.value
  s.start(processors = count, BigInt(seed))
  vms = []
}

/** A VM with `count` vCPUs; without `work` they never sleep. */
export function vm({ weight = 256, cap = 0, mask = 2 ** processors - 1, preferred = 0, count = 1, work = 0n, sleep = 0n } = {}): Vm {
  s.addVm(weight, cap, BigInt(mask), BigInt(preferred))
  const one: Vm = { weight, cap, mask, preferred, vcpus: Array.from({ length: count }, () => s.addVcpu(work, sleep)) }
  vms.push(one)
  return one
}

export function apply(one: Vm, change: Partial<Vm>): void {
  Object.assign(one, change)
  s.setVm(vms.indexOf(one), one.weight, one.cap, BigInt(one.mask), BigInt(one.preferred))
}

export const timeOf = (one: Vm) => one.vcpus.reduce((sum, n) => sum + Number(s.time(n)), 0)

/** What each VM gets of one processor during so many seconds. */
export function measured(seconds: number): number[] {
  const before = vms.map(timeOf)
  s.run(BigInt(seconds) * Second)
  return vms.map((one, n) => (timeOf(one) - before[n]) / 1e9 / seconds)
}

/** What each VM, none of which sleeps, should get; with their caps or as if there were none. */
export function ideal(withCaps = true): number[] {
  const demands = vms.flatMap(({ weight, cap, mask, vcpus }) => vcpus.map((): Demand => ({
    weight: weight / vcpus.length,
    limit: cap && withCaps ? Math.min(1, cap / 100 / vcpus.length) : 1,
    processors: Array.from({ length: processors }, (_, n) => n).filter(n => mask >> n & 1),
  })))
  const rates = fairShares(demands, processors)
  return vms.map(({ vcpus }) => rates.splice(0, vcpus.length).reduce((sum, rate) => sum + rate, 0))
}

export const Weights = [1, 10, 100, 100, 256, 256, 1000, 10000]
export const Processors = [1, 2, 4, 8]

/** A host full of VMs that never sleep. */
export function crowd(seed: number, { caps = false, mask = (_random: (below: number) => number) => 2 ** processors - 1 } = {}): void {
  const random = sequence(seed)
  host(Processors[random(4)], seed)
  const count = 2 + random(8)
  for (let n = 0; n < count; n++) {
    const vcpus = 1 + random(4)
    vm({ weight: Weights[random(8)], count: vcpus, cap: caps && random(2) ? 5 + random(100 * vcpus) : 0, mask: mask(random) })
  }
}

/** A host's life: VMs of all kinds, of which some sleep, and changes of weights, caps, affinities, habits and pauses at random times; `also` is one more of those. */
export function live(random: (below: number) => number, count: number, also?: () => void): void {
  const randomMask = () => random(2) ? 2 ** processors - 1 : 1 + random(2 ** processors - 1)
  const time = (least: number, range: number) => BigInt(least + random(range)) * Microsecond
  for (let n = 0; n < count; n++) {
    const sleeps = random(2) === 0
    vm({ weight: Weights[random(8)], count: 1 + random(4), cap: random(3) ? 0 : 5 + random(200), mask: randomMask(), preferred: random(4) ? 0 : randomMask(),
      work: sleeps ? time(20, 20_000) : 0n, sleep: time(20, 20_000) })
  }
  for (let step = 0; step < 60; step++) {
    s.run(time(10, 60_000))
    const one = vms[random(vms.length)]
    const vcpu = one.vcpus[random(one.vcpus.length)]
    switch (random(also ? 7 : 6)) {
      case 0: apply(one, { weight: Weights[random(8)] }); break
      case 1: apply(one, { cap: random(2) ? 0 : 5 + random(200) }); break
      case 2: apply(one, { mask: randomMask() }); break
      case 3: s.pause(vcpu); break
      case 4: s.resume(vcpu); break
      case 5: s.setLoad(vcpu, random(3) ? time(20, 20_000) : 0n, time(20, 20_000)); break
      case 6: also!(); break
    }
  }
}

/** From now on all want all that they can have, wherever: a second later each must have its share. */
export function expectForgotten(seed: number): void {
  for (const one of vms) {
    apply(one, { cap: 0, mask: 2 ** processors - 1 })
    for (const n of one.vcpus) { s.setLoad(n, 0n, 0n); s.resume(n) }
  }
  s.run(Second)
  const should = ideal()
  measured(5).forEach((share, n) => expect(Math.abs(share - should[n]), `${seed}: ${text(n)}`).toBeLessThan(0.02))
}

export const text = (n: number) => `seed's VM ${n} on ${processors} processors: ${JSON.stringify(vms)}`

/** The rules that no schedule may break: how long at most a processor idles beside a vCPU that it may run, and two VMs run on a core that they are not to share. */
export function expectKept({ idle = TwoKicks, mixed = 0n } = {}): void {
  expect(s.violations.value).toBe(0)
  expect(s.longestIdleBeside.value).toBeLessThan(idle)
  expect(s.longestMixed.value).toBeLessThanOrEqual(mixed)
  for (const one of vms) for (const n of one.vcpus) expect(s.charged(n)).toBe(s.time(n))
  vms.forEach((one, n) => { if (one.cap) expect(s.mostBeyondCap(n)).toBeLessThanOrEqual(Lateness * BigInt(Math.min(processors, one.vcpus.length))) })
}
