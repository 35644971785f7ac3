/** Sandboxes are killed and started again while the guests run on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

interface Sandbox { name: string, state: string, restarts: number, generation: number, memoryBytes: number }

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'sandboxes', config: { vms: [guest('hello', 'web'), guest('spin', 'busy', 'name=busy')] } })
  await host.vm('web').sees(/type help/)
})

afterAll(() => host?.close())

async function sandbox(name: string): Promise<Sandbox> {
  const all = await host.json<Sandbox[]>('sandbox list')
  const found = all.find(sandbox => sandbox.name === name)
  if (!found) throw host.emulator.failure(`there is no sandbox ${name}`)
  return found
}

test('every machine, driver and service is one', async () => {
  const names = (await host.json<Sandbox[]>('sandbox list')).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['console', 'driver uart', 'machine web', 'machine busy']))
})

test('the machine of a VM: the VM is reset, its neighbour runs on', async () => {
  const before = await sandbox('machine web')
  const busy = await host.vm('busy').info()
  await host.command('sandbox restart machine web')
  await host.vm('web').sees(/type help/)
  const after = await sandbox('machine web')
  expect(after.state).toBe('running')
  expect(after.generation).toBeGreaterThan(before.generation)
  const later = await host.vm('busy').info()
  expect(later.restarts).toBe(busy.restarts)
  expect(later.cpuTimeNanoseconds).toBeGreaterThan(busy.cpuTimeNanoseconds)
})

test('the driver of the console\'s serial port', async () => {
  const before = await sandbox('driver uart')
  await host.command('sandbox restart driver uart')
  const after = await sandbox('driver uart')
  expect(after.generation).toBeGreaterThan(before.generation)
  expect((await host.vm('web').info()).state).toBe('running')
})

test('the console itself', async () => {
  const before = await sandbox('console')
  await host.prompts()
  host.forget()
  host.type('sandbox restart console\n')
  await host.sees(/help lists the commands/)
  const after = await sandbox('console')
  expect(after.generation).toBeGreaterThan(before.generation)
  expect((await host.vm('busy').info()).restarts).toBe(0)
})

test('twenty restarts leave memory as it was', async () => {
  const before = await host.json('host memory')
  for (let turn = 0; turn < 20; turn++) await host.command('sandbox restart driver uart')
  expect((await host.json('host memory')).owners).toEqual(before.owners)
})
