/** Every way to boot a kernel, with modules where there are any; and what happens to a file that is none. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, guestFile } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const folder = join(import.meta.dirname, '../../build/test')

function file(name: string, content: string | Buffer): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

test.each(['multiboot', 'multiboot2', 'pvh'] as const)('%s, with modules', async protocol => {
  const modules = [{ path: file('module-1', 'x'.repeat(12345)), cmdline: 'first one' }, { path: file('module-2', 'yz'), cmdline: '' }]
  host = await boot({
    name: `protocol-${protocol}`,
    config: { vms: [guest('hello', 'hello', '', { boot: { protocol, kernel: guestFile('hello.elf'), cmdline: 'a=1 b=2', modules } })] },
  })
  const vm = host.vm('hello')
  await vm.sees(new RegExp(`^protocol ${protocol}$`, 'm'))
  await vm.sees(/^command line .*a=1 b=2$/m)
  await vm.sees(/^module size=12345 first one$/m)
  await vm.sees(/^module size=2/m)
  await vm.sees(/^memory 000000100000 \+ 0{6}f[0-9a-f]{5} type 1$/m) // 16 MiB: 15 of them above 1 MiB, less what tables take
  await vm.sees(/type help/)
  expect((await vm.info()).state).toBe('running')
})

test('what is no kernel leaves its VM stopped, with the reason', async () => {
  const broken = (name: string, content: Buffer | string, protocol: 'linux' | 'multiboot' | 'multiboot2' | 'pvh') =>
    guest('hello', name, '', { boot: { protocol, kernel: file(`kernel-${name}`, content) } })
  host = await boot({
    name: 'protocol-broken',
    config: {
      vms: [
        broken('empty', 'no kernel', 'linux'),
        broken('text', 'This is a text and no kernel.\n'.repeat(1000), 'multiboot'),
        broken('noise', Buffer.alloc(65536, 0xA5), 'multiboot2'),
        broken('elf', Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(8), Buffer.from('02003e00', 'hex'), Buffer.alloc(4096, 0xFF)]), 'pvh'),
        guest('hello', 'sound'),
      ],
    },
  })
  await host.vm('sound').sees(/type help/)
  for (const name of ['empty', 'text', 'noise', 'elf']) {
    const { state, reason } = await host.vm(name).info()
    expect(`${name} ${state}`).toBe(`${name} stopped`)
    expect(reason).not.toBe('')
    expect((await host.vm(name).info()).memoryBytes).toBeGreaterThan(0)
  }
})
