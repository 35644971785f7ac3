/** Where the hardware says how long an instruction is, the decoder says the same: on VT-x, and on AMD-V with nRIP. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platforms } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test.each([platforms['bochs-intel'], platforms['bochs-amd']])('$name', async on => {
  const groups = ['faults', 'forms', 'state']
  const vms = groups.map(group => guest('selftest', group, `only=${group} ${on.selftest ?? ''}`, { serial: { mirror: false } }))
  host = await boot({ name: 'lengths', nucleus: 'instrumented', on, config: { vms: [...vms, guest('bench', 'bench', '', { serial: { mirror: false } })] } })
  for (const { name } of vms) await host.vm(name).is('stopped', { within: 300 })
  await host.vm('bench').is('stopped', { within: 300 })
  const log = await host.command('log')
  const reports = [...log.matchAll(/lengths compared=(\d+) different=(\d+)/g)]
  expect(Number(reports.at(-1)?.[1])).toBeGreaterThanOrEqual(500)
  expect(log).not.toContain('length by the hardware')
  expect(reports.at(-1)?.[2]).toBe('0')
}, 1_200_000)
