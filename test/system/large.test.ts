/** A guest of more than a GiB has the host's RAM by the GiB, and all of it is its own. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a whole GiB and a half', async () => {
  const large = guest('memory', 'large', 'hold=0x0123456789ABCDEF', { memory: '1536 MiB' })
  host = await boot({ name: 'large', memory: 4096, config: { vms: [guest('memory', 'small'), { ...large, autostart: false }] } })
  await host.vm('small').sees(/round=1/)
  await host.command('vm start large', { within: 300 })
  await host.vm('large').sees(/round=1 changed=0/, { within: 300 })
  // Each has one nested table of 2 MiB pages: were the whole GiB not one page, it would have a table of its own.
  const overhead = async (name: string) => (await host!.vm(name).info()).overheadBytes
  expect(await overhead('large')).toBe(await overhead('small'))
  await host.command('vm kill large', { within: 300 })
  await host.vm('large').is('stopped')
  const { owners } = await host.json<{ owners: { name: string, bytes: number }[] }>('host memory')
  expect(owners.filter(({ name, bytes }) => name.startsWith('vm large') && bytes > 0)).toEqual([])
}, 900_000)
