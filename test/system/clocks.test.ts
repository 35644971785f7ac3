/** A guest's clocks keep the time of the host's TSC: each against it, over ten seconds. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

/** What a clock may gain or lose: in millionths. */
const DRIFT = 100

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

// The emulator's clock counts instructions, so that the TSC has its frequency exactly and idle time costs nothing.
test.each([{ company: 'alone', others: [] }, { company: 'beside a guest that wants the whole processor', others: [guest('spin', 'busy', '', { serial: { mirror: false } })] }])('$company', async ({ company, others }) => {
  host = await boot({ name: `clocks-${company.split(' ')[0]}`, config: { vms: [guest('clocks', 'clocks', 'seconds=10'), ...others] }, counted: 3 })
  const { tscHertz } = await host.json('host info')
  const drift = (ticks: number, frequency: number, tsc: number) => (ticks / frequency) / (tsc / tscHertz) * 1e6 - 1e6
  // The nucleus's own measure of the TSC, which all the clocks are made of.
  expect(Math.abs(tscHertz / platform.tscHertz * 1e6 - 1e6)).toBeLessThan(DRIFT)
  await host.vm('clocks').sees(/clock apic .*/, { within: 300 })
  const clocks = host.vm('clocks').lines().flatMap(line => {
    const [, name, ticks, tsc, unit, per] = /^clock (\w+) ticks=(\d+) tsc=(\d+) (?:(frequency|femtoseconds)=(\d+)|of the TSC)$/.exec(line) ?? []
    const frequency = unit === 'frequency' ? Number(per) : unit === 'femtoseconds' ? 1e15 / Number(per) : tscHertz
    return name ? [{ name, seconds: Number(tsc) / tscHertz, drift: drift(Number(ticks), frequency, Number(tsc)) }] : []
  })
  expect(clocks.map(({ name }) => name)).toEqual(['pit', 'rtc', 'pm', 'hpet', 'apic'])
  for (const { name, seconds, drift } of clocks) {
    expect(seconds, name).toBeGreaterThan(9.5)
    expect(Math.abs(drift), name).toBeLessThan(DRIFT)
  }
}, 600_000)
