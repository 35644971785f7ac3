/** A guest that sends all it can takes no more from its neighbours than one that computes all it can. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

/** Seconds of the guest's that are looked at. */
const Seconds = 5

let host: Host
let besideWork: number

beforeAll(async () => {
  host = await boot({
    name: 'flood',
    counted: 2, // so that what else the machine is at work on is not seen
    config: {
      networks: [{ name: 'lan' }, { name: 'other' }],
      vms: [
        guest('flood', 'stream', 'name=stream', { interfaces: [{ network: 'lan' }, { network: 'lan' }] }),
        guest('spin', 'work', 'name=work', { autostart: false }),
        guest('flood', 'aside', 'name=aside', { autostart: false, interfaces: [{ network: 'other' }] }),
        guest('flood', 'among', 'name=among', { autostart: false, interfaces: [{ network: 'lan', storm: { unknown: 1000 } }] }),
      ],
    },
  })
  await host.command('help') // fills the screen: from then on each line costs as much as the next
  await host.command('log -n 60')
  besideWork = await rateBeside('work')
})
afterAll(() => host?.close())

/** Frames that arrive in a second beside this VM. */
async function rateBeside(name: string): Promise<number> {
  await host.command(`vm start ${name}`)
  await host.vm(name).sees(new RegExp(`^(spin|flood) ${name} `, 'm'))
  const rates = () => host.vm('stream').lines().flatMap(line => /rate=(\d+)/.exec(line)?.[1] ?? []).map(Number)
  const before = rates().length + 1 // the second that has begun is not all beside it
  await host.emulator.until('seconds of the stream', () => rates().length > before + Seconds, { within: 200 })
  await host.command(`vm kill ${name}`)
  return rates().slice(before, before + Seconds).reduce((sum, rate) => sum + rate) / Seconds
}

test('a stream is as fast as beside one that computes, where one floods another network of the host', async () => {
  expect(await rateBeside('aside'), `of ${besideWork} frames a second`).toBeGreaterThan(besideWork * 0.9)
})

test('a stream is as fast as beside one that computes, where one floods its own network with more than it may send to unknown addresses', async () => {
  expect(await rateBeside('among'), `of ${besideWork} frames a second`).toBeGreaterThan(besideWork * 0.9)
})
