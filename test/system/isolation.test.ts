/** What one guest has in its memory no other finds, not even afterwards; and a hostile guest beside it changes nothing of it. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

/** Where the emulator's fault that counting brings out does not end a Linux (SUPPORT.md, By vendor, QEMU 7.2's AMD-V). */
const counted = platform.emulator === 'bochs' ? 5 : undefined

const SECRET = '0x5EC2E75EC2E70000'

test('memory of a guest that is gone comes back empty', async () => {
  host = await boot({
    name: 'isolation-scrubbed',
    config: {
      vms: [
        guest('memory', 'first', `hold=${SECRET}`, { memory: '128 MiB' }),
        guest('memory', 'second', `seek=${SECRET}`, { memory: '128 MiB', autostart: false }),
      ],
    },
    memory: 240, // both do not fit at once, so that the second gets frames of the first
  })
  await host.vm('first').sees(/round=2 changed=0/)
  await host.command('vm kill first')
  await host.vm('first').is('stopped')
  await host.command('vm start second')
  const [, found] = await host.vm('second').sees(/round=0 found=(\d+)/)
  expect(found).toBe('0')
})

/** A neighbour's work: sums of the same numbers over and over, each of which must be the same. */
async function startWork(host: Host): Promise<void> {
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await host.vm('web').carriesOut('while true; do seq 1 2000 | sha256sum | cut -c1-16; done > /tmp/sums & echo begun', /^begun$/m)
}

async function checkWork(host: Host): Promise<void> {
  await host.vm('watch').sees(/round=\d+ changed=0/)
  expect(host.vm('watch').lines().filter(line => /changed=(?!0$)/.test(line.trim()))).toEqual([])
  const look = 'until test $(wc -l < /tmp/sums) -gt 3; do sleep 1; done; sort /tmp/sums | uniq | wc -l; seq 1 2000 | sha256sum | cut -c1-16; tail -n1 /tmp/sums'
  await host.vm('web').carriesOut(look, /^1\n([0-9a-f]{16})\n\1$/m)
  for (const name of ['watch', 'web']) {
    const { state, restarts } = await host.vm(name).info()
    expect(`${name} ${state} ${restarts}`).toBe(`${name} running 0`)
  }
}

test('neighbours of a hostile guest go on for a minute', async () => {
  const seconds = Math.round(60 / platform.brevity)
  host = await boot({
    name: 'isolation-hostile', counted,
    config: { vms: [guest('memory', 'watch', 'hold=0x0123456789ABCDEF period=2000', { memory: '64 MiB' }), linux('web'), guest('hostile', 'hostile', `seconds=${seconds} seed=20260101`, { autostart: false })] },
  })
  await startWork(host)
  await host.command('vm start hostile')
  await host.vm('hostile').sees(new RegExp(`hostile beat=${seconds}`), { within: 600 })
  await checkWork(host)
}, 1_200_000)

test('a guest that kills itself in every way, over and over, takes nobody along', async () => {
  host = await boot({
    name: 'isolation-suicidal', counted,
    config: {
      vms: [
        guest('memory', 'watch', 'hold=0xFEDCBA9876543210 period=2000', { memory: '64 MiB' }), linux('web'),
        guest('hostile', 'hostile', 'seconds=3 keep=0', { autostart: false, onReboot: 'stop' }),
      ],
    },
  })
  await startWork(host)
  for (let turn = 0; turn < 16 / platform.brevity; turn++) {
    await host.command('vm start hostile')
    const end = Date.now() + 5_000 * host.emulator.slowness // of the three seconds that it goes on
    // A guest that has halted for ever is killed: that, too, is an end.
    while ((await host.vm('hostile').info()).state === 'running') {
      if (Date.now() > end) await host.command('vm kill hostile')
    }
  }
  await checkWork(host)
}, 1_200_000)
