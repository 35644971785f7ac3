/** Guests that talk to each other: Linux' own driver at both ends, the switches between, and what they keep apart. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

/** Guests of one network, one that is private in it, and one for each card that leads outside. */
const cards = [{ driver: 'virtionet', device: 'virtio-net-pci' }, { driver: 'e1000', device: 'e1000e' }, { driver: 'e1000', device: 'e1000' }]
const outside = (index: number) => `outside-${index}`

beforeAll(async () => {
  const networks = [{ name: 'lan' }, ...cards.map((_, i) => ({ name: outside(i), uplink: { device: `00:1${i}.0` } }))]
  const vms = [linux('left', { interfaces: [{ network: 'lan' }] }), linux('right', { interfaces: [{ network: 'lan' }] }), linux('apart', { interfaces: [{ network: 'lan', role: 'private' as const }, ...cards.map((_, i) => ({ network: outside(i) }))] })]
  const extra = cards.flatMap(({ device }, i) => ['-netdev', `user,id=net${i}`, '-device', `${device},netdev=net${i},addr=0x1${i},romfile=`])
  host = await boot({ name: 'net', processors: 2, memory: 1024, config: { networks, vms }, extra })
  for (const vm of ['left', 'right', 'apart']) await host.vm(vm).sees(new RegExp(`${vm}:~#`), { within: 400 })
})

afterAll(() => host?.close())

/** Types a line at Linux' shell, and waits for what it should say. */
const run = (vm: string, line: string, pattern: RegExp) => host.vm(vm).carriesOut(line, pattern, { within: 100 })

test('two guests answer each other', async () => {
  for (const [vm, number] of [['left', 1], ['right', 2], ['apart', 3]] as const) await run(vm, `ip addr add 10.0.0.${number}/24 dev eth0 && ip link set eth0 up && echo "$(echo is) up"`, /is up$/m)
  await run('left', 'ping -c 3 -i 0.2 10.0.0.2; echo "$(echo was) pinged"', /3 packets received[^]*was pinged$/m)
  await run('left', 'ping -c 2 -W 1 -i 0.2 10.0.0.3; echo "$(echo was) silent"', / 0 packets received[^]*was silent$/m)
})

test.each(cards.map(({ device }, i) => [device, i] as const))('a guest reaches the network outside by %s', async (_, i) => {
  const name = `eth${i + 1}`
  await run('apart', `ip link set ${name} up; udhcpc -i ${name} -n -q -s /bin/true 2>&1; echo "$(echo was) asked"`, /lease of 10\.0\.2\.15 obtained[^]*was asked$/m)
  await run('apart', `ip addr add 10.0.2.15/24 dev ${name}; ping -c 3 -i 0.2 10.0.2.2; ip addr del 10.0.2.15/24 dev ${name}; echo "$(echo was) outside"`, /3 packets received[^]*was outside$/m)
})

test('what one sends the other gets whole, though the switches are started again and again meanwhile', async () => {
  // Whoever listens says nothing, and does not hang up either.
  await run('right', 'mkfifo /tmp/f; sleep 9999 > /tmp/f & (nc -l -p 5000 < /tmp/f | sha256sum > /tmp/got; echo got all > /dev/ttyS0) & sleep 1; echo "$(echo is) listening"', /is listening$/m)
  await run('left', 'dd if=/dev/urandom of=/tmp/data bs=256k count=4 2>/dev/null; echo "$(echo is) made"', /is made$/m)
  // As much as there is time for: the last restart comes in the middle of it too, however fast the machine is.
  await run('left', 'mkfifo /tmp/copy; sha256sum < /tmp/copy > /tmp/sum & (until test -e /tmp/enough; do cat /tmp/data; done | tee /tmp/copy | nc 10.0.0.2 5000; touch /tmp/sent) & echo "$(echo is) sending"', /is sending$/m)
  for (let i = 0; i < 4; i++) {
    await host.command('sandbox restart switch')
    await run('left', 'n=$(cat /sys/class/net/eth0/statistics/tx_bytes); until test $(cat /sys/class/net/eth0/statistics/tx_bytes) -gt $((n + 200000)); do sleep 1; done; echo "$(echo goes) on"', /goes on$/m)
  }
  await run('left', 'touch /tmp/enough; until test -e /tmp/sent -a -s /tmp/sum; do sleep 1; done; echo "$(echo all) sent"', /all sent$/m)
  await host.vm('right').sees(/got all/, { within: 100 })
  const [, sent] = await run('left', 'cat /tmp/sum', /^([0-9a-f]{64}) {2}-$/m)
  await run('right', 'cat /tmp/got', new RegExp(`^${sent} {2}-$`, 'm'))
  const switches = (await host.json<{ name: string, state: string, restarts: number }[]>('sandbox list')).find(({ name }) => name === 'switch')
  expect(switches).toMatchObject({ state: 'running', restarts: 4 })
})
