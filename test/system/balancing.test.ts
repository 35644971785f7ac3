/** Memory that the host moves by itself: a guest that is short of it gets what another has idle; one that is asked and keeps its own is reported, and loses nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const MIB = 2 ** 20
/** MiB that `busy` writes: more than it has at first. */
const Filled = 112

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'balancing', memory: 640,
    config: {
      vms: [
        linux('idle', { memory: '224 MiB', minMemory: '128 MiB', memoryWeight: 50 }),
        linux('busy', { memory: '128 MiB', maxMemory: '320 MiB', memoryWeight: 300 }),
        guest('sleeper', 'deaf', '', { memory: '8 MiB', maxMemory: '16 MiB', memoryWeight: 50 }),
        guest('sleeper', 'filler', '', { memory: '176 MiB', autostart: false }),
      ],
    },
  })
  for (const name of ['idle', 'busy']) await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 400 })
})

afterAll(() => host?.close())

interface Share { name: string, bytes: number, wantedBytes: number, follows: boolean, guestGivenBytes: number, guestAvailableBytes?: number }

const shares = async () => host.json<{ freeBytes: number, vms: Share[] }>('host memory')
const share = async (name: string): Promise<Share> => (await shares()).vms.find(vm => vm.name === name)!
const run = (vm: string, line: string, pattern: RegExp) => host.vm(vm).carriesOut(line, pattern, { within: 120 })

/** Waits until the nucleus's log has a line. */
async function logs(pattern: RegExp): Promise<RegExpExecArray> {
  for (const end = Date.now() + 120_000; ;) {
    await sleep(1000)
    const log = await host.command('log')
    const found = pattern.exec(log)
    if (found) return found
    if (Date.now() > end) throw host.emulator.failure(`${pattern} is not in the log:\n${log}`)
  }
}

/** Keeps so many MiB in memory, as fast as there is room: with less than a twelfth available it waits for more. */
const fill = `mount -o remount,size=1g /tmp; spare() { awk '/MemTotal/ { t = $2 } /MemAvailable/ { exit $2 * 12 < t }' /proc/meminfo; }; ` +
  `(n=0; while [ $n -lt ${Filled} ]; do if spare; then head -c 2097152 /dev/zero >> /tmp/filled; n=$((n + 2)); else sleep 1; fi; done; echo "all is filled" > /tmp/done) & echo "$(echo it) fills"`
/** Lets go of the balloon as soon as something is asked of it. */
const refuse = `cd /sys/bus/virtio/drivers/virtio_balloon; total() { awk '/MemTotal/ { print $2 }' /proc/meminfo; }; before=$(total); ` +
  `(while [ $(total) -eq $before ]; do :; done; echo virtio* > unbind) & cd; echo "$(echo it) refuses"`

test('a guest that takes its driver away when it is asked keeps its own, and is reported', async () => {
  for (let given = 0; given !== 192 * MIB; given = (await share('busy')).guestGivenBytes);
  await host.command('vm start filler')
  expect(await host.vm('filler').info()).toMatchObject({ state: 'running' })
  await run('idle', refuse, /it refuses$/m)
  await run('busy', fill, /it fills$/m)
  await logs(/memory of idle, for busy: 224 MiB -> \d+ MiB/)
  await logs(/idle keeps 224 MiB of \d+ MiB asked: its guest has no driver of a memory balloon that it uses/)
  expect(await share('idle')).toMatchObject({ bytes: 224 * MIB, follows: false })
  expect(await host.command('host memory')).toContain('\ndeaf keeps 16 MiB of 8 MiB asked: its guest has no driver of a memory balloon that it uses.')
  await run('busy', 'cat /tmp/done; echo "$(echo not) yet"', /^(?!all is filled)[^]*not yet$/m)
})

test('one that gives what it has idle helps the one that is short of it, down to its least', async () => {
  await run('idle', 'cd /sys/bus/virtio/drivers/virtio_balloon; for d in /sys/bus/virtio/devices/*; do [ -e $d/driver ] || echo ${d##*/} > bind; done; cd; echo "$(echo it) gives"', /it gives$/m)
  await run('busy', 'until [ -e /tmp/done ]; do sleep 1; done; wc -c < /tmp/filled', new RegExp(`^${Filled * MIB}$`, 'm'))
  expect((await share('busy')).bytes).toBeGreaterThan(Filled * MIB)
  const idle = await share('idle')
  expect(idle.follows).toBe(true)
  expect(idle.wantedBytes).toBeGreaterThanOrEqual(128 * MIB)
  expect(idle.bytes).toBeLessThan(224 * MIB)
})
