/** The console's net commands on a host: orders to the switches' sandbox, what is kept when that is replaced, and names for Tab. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  const vms = ['left', 'right'].map((name, i) => linux(name, { autostart: false, interfaces: [{ network: 'lan', mac: `02:00:00:00:00:0${i + 1}` }] }))
  host = await boot({ name: 'net-console', memory: 512, config: { networks: [{ name: 'lan' }, { name: 'dmz' }], vms } })
})

afterAll(() => host?.close())

interface Port { port: string, network: string, link: string, mac: string, vlan: number }
const ports = () => host.json<Port[]>('net ports --json')

test('networks and ports are those of the configuration', async () => {
  expect((await host.json<{ name: string, ports: string[] }[]>('net list --json')).map(({ name, ports }) => [name, ports])).toEqual([['lan', ['left:0', 'right:0']], ['dmz', []]])
  expect(await ports()).toMatchObject([{ port: 'left:0', link: 'down: VM off', mac: '02:00:00:00:00:01' }, { port: 'right:0', mac: '02:00:00:00:00:02' }])
})

test('what is changed stays when the sandbox is replaced', async () => {
  expect(await host.command('net create island')).toContain('island is made')
  expect(await host.command('net connect left island')).toBe('left:0 is connected to island, and no longer to lan.')
  expect(await host.command('net set left vlan 10')).toBe('vlan of left:0: 0 -> 10')
  expect(await host.command('net disconnect right')).toContain('right:0 is disconnected.')
  await host.command('sandbox restart switch')
  expect(await ports()).toMatchObject([{ port: 'left:0', network: 'island', vlan: 10 }])
  expect(await host.command('net connect right dmz')).toBe('right:0 is connected to dmz.')
  expect((await ports())[0]).toMatchObject({ port: 'right:0', network: 'dmz', mac: '02:00:00:00:00:02' })
})

test('Tab knows the networks', async () => {
  host.type('net info isl\t\n')
  await host.sees(/ports +left:0/)
})
