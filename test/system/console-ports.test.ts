/** A guest's console and its ports, with Linux' own driver: both ways, beside one another and the serial port, and when the driver goes and comes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'console-ports', memory: 448, config: { vms: [linux('web', { memory: '192 MiB', console: { ports: ['agent', 'sink'] } })] } })
  await host.vm('web').sees(/web:~#/, { within: 400 })
  // What udev makes /dev/virtio-ports of.
  await run('port() { for p in /sys/class/virtio-ports/*; do [ "$(cat $p/name)" = $1 ] && echo /dev/${p##*/}; done; }; echo $(echo is) defined', /is defined/)
})

afterAll(() => host?.close())

const run = (line: string, outcome: RegExp): Promise<RegExpExecArray> => host.vm('web').carriesOut(line, outcome, { within: 120 })

/** Types a line at a port, and waits for what is to come of it there. */
async function at(port: string, line: string, outcome: RegExp): Promise<void> {
  await host.vm('web').attach(port)
  host.emulator.type(line)
  await host.sees(outcome, { within: 60 })
  await host.vm('web').detach()
}

const startShell = 'setsid sh -c "exec sh -i < /dev/hvc0 > /dev/hvc0 2>&1" & echo $(echo shell) started'
// What comes for a port that is not open is dropped: it is open before anybody types.
const startAgent = 'exec 3<> $(port agent); (read l; echo agent got $l) <&3 >&3 & exec 3>&-; echo $(echo agent) started'

test('Linux has a terminal and the ports by their names', async () => {
  await run('echo $(cat /sys/class/virtio-ports/*/name) $(ls /dev/hvc0)', /^console agent sink \/dev\/hvc0$/m)
  expect(await host.command('vm console web snik')).toContain("web has no port 'snik'. There are: console, agent, sink.")
})

test('a shell on hvc0 and a program at a port hear and answer', async () => {
  await run(startShell, /shell started/)
  await at('console', 'echo $((6 * 7)) on hvc0\r', /^42 on hvc0/m)
  await run(startAgent, /agent started/)
  await at('agent', 'hello\n', /agent got hello/)
})

test('a port that is filled from either side, and that nobody reads, is in the way of none', async () => {
  await run('exec 4<> $(port sink); echo $(echo sink) opened', /sink opened/)
  await host.vm('web').attach('sink')
  for (let n = 0; n < 40; n++) host.emulator.type('x'.repeat(512))
  await host.vm('web').detach()
  await run('exec 4>&-; yes > $(port sink) & echo $(echo sink) flooded', /sink flooded/)
  await at('console', 'echo $((7 * 7)) on hvc0\r', /^49 on hvc0/m)
  await run(startAgent, /agent started/)
  await at('agent', 'meanwhile\n', /agent got meanwhile/)
  await host.vm('web').attach('sink')
  await host.sees(/^y$/m)
  await host.vm('web').detach()
  await run('kill %yes; echo $(echo sink) dry', /sink dry/)
})

test('a driver that goes and comes has the ports anew', async () => {
  await run('cd /sys/bus/virtio/drivers/virtio_console; d=$(ls -d virtio*); echo $d > unbind; echo left $(ls /sys/class/virtio-ports | wc -l)', /^left 0$/m)
  await run('echo $d > bind; sleep 1; cd; echo $(cat /sys/class/virtio-ports/*/name) again', /^console agent sink again$/m)
  await run(startAgent, /agent started/)
  await at('agent', 'anew\n', /agent got anew/)
})
