/** Network cards that have an interrupt line and no messages: they are let be until their line interrupts, and another on the same line hears of nothing that is not its. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined
afterEach(() => host?.close())

/** Calls of each card's driver in so many seconds. */
async function calls(seconds: number): Promise<number[]> {
  const count = async () => (await host!.json<{ name: string, calls: number }[]>('sandbox list')).filter(({ name }) => name.startsWith('driver e1000 ')).map(({ calls }) => calls)
  const before = await count()
  await new Promise(resolve => setTimeout(resolve, 1000 * seconds))
  return (await count()).map((after, index) => after - before[index])
}

test.each(['q35', 'pc'])('%s: cards that share a line cost nothing while nothing happens, and work', async machine => {
  const places = ['08', '0C'] // every fourth device has the same line
  const cards = places.flatMap((place, index) => ['-netdev', `user,id=net${index}`, '-device', `e1000,netdev=net${index},addr=0x${place},romfile=`])
  const networks = places.map((place, index) => ({ name: `outside-${index}`, uplink: { device: `00:${place}.0` } }))
  host = await boot({ name: `lines-${machine}`, config: { networks, vms: [linux('web', { interfaces: networks.map(({ name }) => ({ network: name })) })] }, extra: ['-machine', machine, ...cards] })
  await host.vm('web').sees(/web:~#/, { within: 200 })
  for (const count of await calls(10)) expect(count).toBeLessThan(300) // 5000 when they are looked at
  for (const name of ['eth0', 'eth1']) {
    await host.vm('web').carriesOut(`ip link set ${name} up; ip addr add 10.0.2.15/24 dev ${name}; ping -c 5 -i 0.5 10.0.2.2; ip addr del 10.0.2.15/24 dev ${name}; echo "$(echo was) outside"`, /5 packets received[^]*was outside$/m, { within: 100 })
  }
})
