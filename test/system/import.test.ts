/** A host's first start with nobody there: it makes its pool and a volume of an image, and starts the guest on it; volumes go to disks and come from them. */
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import { logs } from '../harness/emulator.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(() => host?.close())

const mebibytes = 12
/** Blocks that differ all, every fourth of zeros. */
function content(): Buffer {
  const made = Buffer.alloc(mebibytes << 20)
  for (let block = 0; block < made.length / 4096; block++) {
    if (block % 4 === 3) continue
    const digest = createHash('sha256').update(`block ${block}`).digest()
    for (let at = 0; at < 4096; at += digest.length) digest.copy(made, block * 4096 + at)
  }
  return made
}
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** What lies at the beginning of a drive of the host, as its file has it. */
function beginning(serial: string, length: number): Buffer {
  const file = openSync(join(logs, `${serial}.disk`), 'r')
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, 0)
  closeSync(file)
  return bytes
}

test('an unattended first start makes pool and volume, and the guest has what the image has', async () => {
  mkdirSync(logs, { recursive: true })
  const image = join(logs, 'first.img')
  const bytes = content()
  writeFileSync(image, bytes)
  const extra = [...drive('nvme', 'FIRST', 256), ...drive('virtio-blk-pci', 'OTHER', 64)]
  const config = {
    pool: { name: 'tank', devices: ['FIRST'] },
    vms: [linux('web', { disks: [{ volume: 'root', image, size: '32 MiB' }, { volume: 'data', size: 8 }] })],
  }
  host = await boot({ name: 'import-first', config, extra })
  const web = host.vm('web')
  await web.sees(/web:~#/, { within: 300 })
  const sum = 'dd if=/dev/vda bs=1M count=12 2>/dev/null | sha256sum; blockdev --getsize64 /dev/vda; blockdev --getsize64 /dev/vdb; echo looked'
  await web.carriesOut(sum, new RegExp(`^${sha256(bytes)} {2}-\n33554432\n8388608\nlooked$`, 'm'), { within: 60 })
  await web.carriesOut('echo changed | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null; echo wrote', /^wrote$/m)
  const say = (line: string) => host!.command(line, { within: 100 })
  expect(await say('log -n 40')).toMatch(/storage pool: tank is made, as configured[^]*the volume root is made[^]*made the volume data/)
  expect(await say('volume images')).toMatch(/^first\.img +12 MiB$/m)
  expect(await say('volume import copy first.img')).toContain('The volume copy is made of first.img.')
  expect(await say('volume export copy OTHER')).toContain('The volume copy is written to OTHER.')
  expect(beginning('OTHER', bytes.length).equals(bytes)).toBe(true)
  expect(await say('volume export root OTHER --force')).toContain('root is a disk of a VM that is on')
  expect(await say('volume export copy FIRST')).toContain('a disk or partition that has nothing of the pool')
  expect(await say('volume import back OTHER')).toContain('The volume back is made of OTHER.')
  expect(await say('pool check')).toContain('no block is wrong')
  const volumes = await say('volume list')
  await host.close() // QEMU is killed: what was said to be made lasts

  host = await boot({ name: 'import-second', config, extra })
  await host.vm('web').sees(/web:~#/, { within: 300 })
  await host.vm('web').carriesOut('head -c 8 /dev/vda; echo looked', /^changed\nlooked$/m)
  expect(await say('volume list')).toBe(volumes)
  expect(await say('log -n 40')).not.toContain('is made')
}, 600_000)
