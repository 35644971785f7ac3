/** Starting and killing over and over, and ending the host: nothing is lost. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a hundred starts and kills return memory to the same figure', async () => {
  host = await boot({ name: 'lifecycle', config: { vms: [guest('hello', 'fly', '', { autostart: false, serial: { mirror: false } }), guest('hello', 'rock')] } })
  await host.vm('rock').sees(/type help/)
  await host.command('vm start fly')
  await host.command('vm kill fly')
  await host.vm('fly').is('stopped')
  const before = await host.json('host memory')
  for (let turn = 0; turn < 100 / platform.brevity; turn++) {
    expect(await host.command('vm start fly')).toContain('Starting fly')
    expect(await host.command('vm kill fly')).toContain('Switching fly off')
  }
  await host.vm('fly').is('stopped')
  const after = await host.json('host memory')
  expect(after.owners).toEqual(before.owners)
  expect(after.freeBytes).toBe(before.freeBytes)
  expect((await host.vm('rock').info()).state).toBe('running')
}, 900_000)

test('a guest too large for what is free is refused with the reason', async () => {
  host = await boot({ name: 'lifecycle-large', config: { vms: [guest('hello', 'whale', '', { autostart: false, memory: '300 MiB' }), guest('hello', 'other', '', { memory: '256 MiB' })] } })
  await host.vm('other').sees(/type help/)
  await host.command('vm start whale')
  const { state, reason } = await host.vm('whale').info()
  expect(state).not.toBe('running')
  expect(`${reason}${host.emulator.transcript.text()}`).toMatch(/memory/)
})

test('shutdown presses the power buttons and switches the host off', async () => {
  host = await boot({ name: 'lifecycle-shutdown', config: { vms: [guest('hello', 'one'), guest('hello', 'two')] } })
  for (const name of ['one', 'two']) await host.vm(name).sees(/type help/)
  host.type('shutdown\n')
  await host.vm('one').sees(/power button: switching off/)
  await host.vm('two').sees(/power button: switching off/)
  await host.ends()
})

test('reboot --force reboots the host', async () => {
  host = await boot({ name: 'lifecycle-reboot', config: { vms: [guest('spin', 'busy')] } })
  host.type('reboot --force\n')
  await host.ends()
})
