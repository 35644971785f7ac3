/** What one guest has in its memory no other finds, not even afterwards; and a hostile guest beside it changes nothing of it. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const SECRET = '0x5EC2E75EC2E70000'

test('memory of a guest that is gone comes back empty', async () => {
  host = await boot({
    name: 'isolation-scrubbed',
    config: {
      vms: [
        guest('memory', 'first', `hold=${SECRET}`, { memory: '192 MiB' }),
        guest('memory', 'second', `seek=${SECRET}`, { memory: '192 MiB', autostart: false }),
      ],
    },
    memory: 384, // both do not fit at once, so that the second gets frames of the first
  })
  await host.vm('first').sees(/round=2 changed=0/)
  await host.command('vm kill first')
  await host.vm('first').is('stopped')
  await host.command('vm start second')
  const [, found] = await host.vm('second').sees(/round=0 found=(\d+)/)
  expect(found).toBe('0')
})

test('neighbours of a hostile guest go on for a minute', async () => {
  host = await boot({
    name: 'isolation-hostile',
    config: {
      vms: [
        guest('memory', 'watch', 'hold=0x0123456789ABCDEF period=2000', { memory: '64 MiB' }),
        linux('web'),
        guest('hostile', 'hostile', 'seconds=60 seed=20260101 keep=1', { onCrash: 'restart' }),
      ],
    },
  })
  await host.vm('web').sees(/web:~#/, { within: 600 })
  await host.vm('web').attach()
  // The sum of the first million numbers' text, over and over: what it is, sha256sum of this machine says.
  host.type('while true; do seq 1 20000 | sha256sum | cut -c1-16; done > /tmp/sums & echo started\n')
  await host.sees(/^started$/m)
  await host.vm('web').detach()
  await host.vm('hostile').sees(/hostile beat=60|hostile done/, { within: 580 })
  await host.vm('watch').sees(/round=\d+ changed=0/)
  expect(host.vm('watch').lines().filter(line => /changed=(?!0$)/.test(line.trim()))).toEqual([])
  await host.vm('web').attach()
  host.type('sort /tmp/sums | uniq | wc -l; seq 1 20000 | sha256sum | cut -c1-16; tail -n1 /tmp/sums; test $(wc -l < /tmp/sums) -gt 3 && echo many\n')
  await host.sees(/^1\n([0-9a-f]{16})\n\1\nmany$/m)
  await host.vm('web').detach()
  const answer = await host.json<{ name: string, state: string }[]>('vm list')
  expect(answer.filter(({ state }) => state === 'running').map(({ name }) => name)).toEqual(expect.arrayContaining(['watch', 'web']))
}, 1_200_000)
