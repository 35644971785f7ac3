/** A reader of the firmware's tables that tables turned rogue: the host goes on as one without ACPI, and says so. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host
afterEach(() => host?.close())

/** Boots with a table ROGU of this number. */
async function bootWith(crime: number): Promise<string> {
  const table = join(import.meta.dirname, '../../build/test', `rogue-table-${crime}.bin`)
  writeFileSync(table, Buffer.from(Uint32Array.of(crime).buffer))
  host = await boot({
    name: `rogue-firmware-${crime}`, nucleus: 'rogue', config: { vms: [guest('hello', 'web')] }, extra: ['-acpitable', `sig=ROGU,data=${table}`],
  }, { within: 120 })
  await host.vm('web').sees(/type help/)
  return host.command('log')
}

const clock = async () => (await host.command('host info')).match(/calibrated against (.*)/)![1]

/** It has left nothing behind. */
async function isGone(): Promise<void> {
  expect(await host.command('sandbox list')).not.toMatch(/firmware/)
  expect(await host.command('host memory')).not.toMatch(/sandbox firmware/)
}

test.each([
  [1, /firmware: did not start null reference: access at 0h in .*crimes\.ts:\d+ commit/],
  [8, /firmware: did not start the watchdog stopped a call that did not return in [0-9A-F]{16} \S+:\d+ \w+/],
  [9, /firmware: did not start call stack exhausted in .*crimes\.ts:\d+ dive/],
  [101, /boot loader/],
])('crime %i', async (crime, report) => {
  const log = await bootWith(crime)
  expect(log).toMatch(report)
  expect(log).toMatch(/firmware: running without ACPI/)
  expect(await clock()).toBe('PIT')
  await isGone()
})

test('asking for what is not the firmware\'s is refused, and the tables are used', async () => {
  const log = await bootWith(100)
  const [, refused, asked] = /firmware: refused (\d+) of (\d+)/.exec(log)!
  expect(Number(asked)).toBeGreaterThan(60_000)
  expect(refused).toBe(asked)
  expect(log).not.toMatch(/without ACPI/)
  expect(await clock()).toBe('HPET')
  await isGone()
})
