/** Guests that talk to each other: Linux' own driver at both ends, the switches between, and what they keep apart. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  const lan = { network: 'lan' }
  host = await boot({
    name: 'net', memory: 1024,
    config: {
      networks: [{ name: 'lan' }, { name: 'other' }],
      vms: [linux('left', { interfaces: [lan] }), linux('right', { interfaces: [lan] }), linux('apart', { interfaces: [{ network: 'lan', role: 'private' }] })],
    },
  })
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
