/** A reader of the configuration that the host's name turned rogue: the host goes on as one without VMs, and says so. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host
afterEach(() => host?.close())

/** Boots with a configuration for a host of this name; the log. */
async function bootWith(crime: number): Promise<string> {
  host = await boot({ name: `rogue-configuration-${crime}`, nucleus: 'rogue', config: { name: `rogue-${crime}`, vms: [guest('hello', 'web')] } }, { within: 120 })
  return host.command('log')
}

/** It has left nothing behind. */
async function isGone(): Promise<void> {
  expect(await host.command('sandbox list')).not.toMatch(/configuration/)
  expect(await host.command('host memory')).not.toMatch(/sandbox configuration/)
}

test.each([
  [1, /configuration: did not start null reference: access at 0h in .*crimes\.ts:\d+ commit/],
  [8, /configuration: did not start the watchdog stopped a call that did not return in [0-9A-F]{16} \S+:\d+ \w+/],
  [9, /configuration: did not start call stack exhausted in .*crimes\.ts:\d+ dive/],
  [101, /boot loader/],
  [102, /boot loader/],
  [103, /boot loader/],
  [104, /boot loader/],
])('crime %i', async (crime, report) => {
  const log = await bootWith(crime)
  expect(log).toMatch(report)
  expect(log).toMatch(/configuration: running without VMs/)
  expect(await host.command('vm list')).not.toMatch(/web/)
  await isGone()
})

test('asking for what is not a boot module\'s is refused, and the configuration is used', async () => {
  const log = await bootWith(100)
  const [, refused, asked] = /configuration: refused (\d+) of (\d+)/.exec(log)!
  expect(Number(asked)).toBe(12)
  expect(refused).toBe(asked)
  expect(log).not.toMatch(/without VMs/)
  await host.vm('web').sees(/type help/)
  await isGone()
})
