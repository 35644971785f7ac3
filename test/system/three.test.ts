/** Two Linux guests and one that is not, at once, in 512 MiB, as in the default configuration; the two on a network, and with one's memory changed while it runs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const MIB = 2 ** 20

const onLan = { interfaces: [{ network: 'lan' }] }

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'three', config: { networks: [{ name: 'lan' }], vms: [linux('web', { maxMemory: '192 MiB', ...onLan }), linux('database', onLan), guest('hello', 'hello', 'greeting=three')] } })
})

afterAll(() => host?.close())

test('all three come up', async () => {
  await host.vm('hello').sees(/command line .*greeting=three/)
  await host.vm('hello').sees(/type help/) // only then does it hear its power button
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await host.vm('database').sees(/database:~#/, { within: 400 })
  const list = await host.json<{ name: string, state: string }[]>('vm list')
  expect(list.map(({ name, state }) => `${name} ${state}`)).toEqual(['web running', 'database running', 'hello running'])
})

test('memory is left over, and nobody\'s machine takes more than 2 MiB', async () => {
  const { freeBytes } = await host.json('host memory')
  expect(freeBytes).toBeGreaterThan(64 * 2 ** 20)
  for (const name of ['web', 'database', 'hello']) expect((await host.vm(name).info()).overheadBytes).toBeLessThanOrEqual(2 * 2 ** 20)
})

test('each answers on its own console', async () => {
  for (const name of ['web', 'database']) {
    await host.vm(name).attach()
    host.type('hostname; echo sum $((20 + 3))\n')
    await host.sees(new RegExp(`^${name}$`, 'm'))
    await host.sees(/^sum 23$/m)
    await host.vm(name).detach()
  }
  await host.vm('hello').attach()
  host.type('primes\n')
  await host.sees(/9592 primes below 100000/)
  await host.vm('hello').detach()
})

test('the two Linuxes answer each other', async () => {
  for (const [index, name] of ['web', 'database'].entries()) await host.vm(name).carriesOut(`ip addr add 10.0.0.${index + 1}/24 dev eth0; ip link set eth0 up; echo "$(echo is) up"`, /is up$/m)
  await host.vm('web').carriesOut('ping -c 3 -s 1400 -i 0.2 10.0.0.2; echo "$(echo was) pinged"', /3 packets received[^]*was pinged$/m)
})

test('one gives memory back, and has it again', async () => {
  const share = async () => (await host.json<{ vms: { name: string, bytes: number, guestGivenBytes?: number }[] }>('host memory')).vms.find(({ name }) => name === 'web')!
  const { freeBytes } = await host.json('host memory')
  // Part of what Linux gives is in blocks that it has not given whole: balloon.test.ts.
  expect(await share()).toMatchObject({ guestGivenBytes: 64 * MIB })
  expect((await share()).bytes).toBeLessThan(180 * MIB)
  await host.command('vm set web memory 192MiB')
  for (const end = Date.now() + 60_000 * host.emulator.slowness; (await share()).guestGivenBytes !== 0;) if (Date.now() > end) throw host.emulator.failure('web has not all of its memory again')
  expect((await share()).bytes).toBe(192 * MIB)
  expect((await host.json('host memory')).freeBytes).toBeLessThan(freeBytes)
})

test('a guest switches itself off and is started again, the others go on', async () => {
  await host.vm('hello').carriesOut('poweroff', /hello stopped/)
  await host.vm('hello').is('stopped')
  expect((await host.vm('web').info()).state).toBe('running')
  await host.command('vm start hello')
  await host.vm('hello').sees(/type help/) // only then does it hear its power button
  await host.vm('hello').is('running')
})

test('vm stop presses the power button, which both kinds obey', async () => {
  expect(await host.command('vm stop hello web')).toContain('vm kill')
  await host.vm('hello').is('stopped')
  await host.vm('web').is('stopped', { within: 240 })
  expect((await host.vm('database').info()).state).toBe('running')
})

test('pause stands still, resume goes on', async () => {
  await host.command('vm pause database')
  await host.vm('database').is('paused')
  const before = (await host.vm('database').info()).uptimeNanoseconds
  const after = (await host.vm('database').info()).uptimeNanoseconds
  expect(after).toBe(before)
  await host.command('vm resume database')
  await host.vm('database').is('running')
  await host.vm('database').attach()
  host.type('echo again $((1 + 1))\n')
  await host.sees(/^again 2$/m)
  await host.vm('database').detach()
})

test('Linux reboots itself', async () => {
  await host.vm('database').carriesOut('reboot', /database restarted[^]*database:~#/, { within: 400 })
  expect((await host.vm('database').info()).restarts).toBe(1)
})
