/** Four guests that want all of two processors get them by their weights, and no more than their cap. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const weights = { one: 100, two: 200, three: 300, four: 400 }
const names = Object.keys(weights) as (keyof typeof weights)[]
let host: Host

beforeAll(async () => {
  host = await boot({ name: 'fairness', processors: 2, config: { vms: names.map(name => guest('spin', name, `name=${name}`, { weight: weights[name] })) } })
  for (const name of names) await host.vm(name).sees(/spin \w+ count/)
})
afterAll(() => host?.close())

/** Percent of one processor that each has had over at least ten seconds of the host's time. */
async function shares(): Promise<Record<string, number>> {
  const sample = async () => ({ at: (await host.json('host info')).uptimeNanoseconds as number, vms: (await host.json('host cpu')).vms as { name: string, cpuTimeNanoseconds: number }[] })
  const first = await sample()
  // A guest says something each second; the console, which is asked meanwhile, would take the first processor's time.
  const said = host.vm('four').lines().length
  await host.emulator.until('ten seconds of work', () => host.vm('four').lines().length > said + 11, { within: 300 })
  const last = await sample()
  expect(last.at).toBeGreaterThan(first.at + 10e9)
  return Object.fromEntries(last.vms.map(({ name, cpuTimeNanoseconds }, i) => [name, 100 * (cpuTimeNanoseconds - first.vms[i].cpuTimeNanoseconds) / (last.at - first.at)]))
}

/** Within so many points. */
function expectShares(found: Record<string, number>, expected: Record<string, number>, points: number): void {
  for (const [name, share] of Object.entries(expected)) expect(Math.abs(found[name] - share), `${name} has ${found[name].toFixed(1)} instead of ${share.toFixed(1)} %`).toBeLessThan(points)
}

/** The same, of `whole` percent that these have together: a machine that is at work on something else besides takes some of what the nucleus gives. */
function among(found: Record<string, number>, these: string[], whole: number): Record<string, number> {
  const sum = these.reduce((total, name) => total + found[name], 0)
  expect(sum).toBeGreaterThan(whole * 0.8)
  return Object.fromEntries(these.map(name => [name, found[name] * whole / sum]))
}

test('each gets what its weight is of both', async () => {
  expectShares(among(await shares(), names, 200), { one: 20, two: 40, three: 60, four: 80 }, 2)
})

test('one that has a cap gets that, and the others the rest by their weights', async () => {
  await host.command('vm set four cap 30')
  const found = await shares()
  expectShares(found, { four: 30 }, 1)
  expectShares(among(found, ['one', 'two', 'three'], 170), { one: 170 / 6, two: 170 / 3, three: 85 }, 2)
})
