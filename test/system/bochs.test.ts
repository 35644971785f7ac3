/** Bochs boots the image, is typed at, and its end is seen: what every test on it relies on. */
import { afterEach, expect, test } from 'vitest'
import { start } from '../harness/boot.ts'
import type { Host } from '../harness/host.ts'
import { platforms } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a host in Bochs is administered, switched off and booted again', async () => {
  host = await start({ name: 'host', on: platforms['bochs-intel'] })
  await host.prompts()
  expect(await host.command('host info')).toContain('i7-3770K')
  await host.command('help')
  host.type('shutdown\n')
  await host.ends({ within: 20 })
  await host.close()

  host = await start({ name: 'host-reboot', on: platforms['bochs-intel'] })
  await host.prompts()
  host.type('reboot\n')
  await host.ends({ within: 20 })
})
