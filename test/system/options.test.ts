/** Linux with the options that people give it when a machine is strange: it runs, and each of its ways to reboot is seen for what it is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const ways = [
  { name: 'keyboard', options: 'nolapic reboot=k', state: 'stopped', reason: /keyboard controller/ },
  { name: 'triple', options: 'noapic nox2apic reboot=t', state: 'crashed', reason: /triple fault/ },
  { name: 'configuration', options: 'acpi=off nohpet reboot=p', state: 'stopped', reason: /port CF9h/ },
  { name: 'firmware', options: 'clocksource=acpi_pm lapic=notscdeadline reboot=b', state: 'stopped', reason: /port CF9h/ },
] as const

let host: Host

beforeAll(async () => {
  const vms = ways.map(({ name, options }) => linux(name, { memory: '96 MiB', autostart: false, onReboot: 'stop', onCrash: 'stop' }, options))
  host = await boot({ name: 'options', config: { vms } })
})

afterAll(() => host?.close())

test.each(ways)('$options', async ({ name, state, reason }) => {
  await host.command(`vm start ${name}`)
  await host.vm(name).sees(new RegExp(`^${name}:~#`, 'm'), { within: 300 }) // what is typed before the shell asks is lost
  await host.vm(name).carriesOut('reboot -f', /reboot -f/)
  expect((await host.vm(name).is(state)).reason).toMatch(reason)
})
