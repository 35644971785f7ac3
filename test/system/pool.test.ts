/** The storage pool on NVMe drives of the host: made on the console, used by guests, full, failing, and there when the host starts again. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { MEBIBYTE } from '../../tools/config/schema.ts'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import { drive, pathOf } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'
import { guidPartitionTable } from '../services/storage/partitioned.ts'

let host: Host | undefined

afterEach(() => host?.close())

test('a pool and its volumes are made, and are there when the host is started again', async () => {
  const config = { vms: [linux('web', { autostart: false })] }
  const extra = [...drive('nvme', 'POOLONE', 256), ...drive('nvme', 'POOLTWO', 64)]
  host = await boot({ name: 'pool-made', config, extra })
  const say = (line: string) => host!.command(line)
  expect(await say('pool devices')).toMatch(/^POOLONE +256 MiB +nothing that is known\nPOOLTWO +64 MiB +nothing that is known$/m)
  expect(await say('pool list')).toContain('No pool is imported.')
  expect(await say('pool create tank POOLONE')).toContain('The pool tank is made, on POOLONE.')
  for (const line of ['create db 10GiB', 'create web 512 MiB', 'snapshot db db-1', 'clone db-1 test', 'resize db 20GiB', 'rollback db db-1', 'delete test']) expect(await say(`volume ${line}`)).not.toMatch(/status|There is/)
  expect(await say('pool check')).toContain('no block is wrong')
  const volumes = await say('volume list')
  expect(volumes).toMatch(/^db +10 GiB +\d+ +volume\nweb +512 MiB +\d+ +volume\ndb-1 +10 GiB +\d+ +snapshot of db$/m)
  await host.close() // QEMU is killed: what was answered was flushed

  host = await boot({ name: 'pool-found', config, extra })
  expect(await say('pool devices')).toMatch(/^POOLONE +256 MiB +the pool tank\nPOOLTWO +64 MiB +nothing that is known$/m)
  expect(await say('volume list')).toBe(volumes)
  expect(await say('pool export')).toContain('The pool is let go.')
  expect(await say('pool create lake POOLONE POOLTWO')).toContain('holds a storage pool. Nothing was changed.')
  expect(await say('pool import')).toContain('The pool is imported.')
  expect(await say('volume list')).toBe(volumes)
})

test('a guest on a volume sees nothing of services and drivers that end, and a full pool makes it wait', async () => {
  const extra = drive('nvme', 'SMALL', 64)
  const config = { vms: [linux('web', { autostart: false, disks: [{ volume: 'root' }, { volume: 'copy', readOnly: true }] })] }
  host = await boot({ name: 'pool-used', config, extra })
  const web = host.vm('web')
  await host.command('vm start web')
  expect((await web.info()).reason).toBe('there is no pool with a volume of the name of its disk: root')
  for (const line of ['pool create tank SMALL', 'volume create root 128MiB', 'volume clone root copy', 'vm start web']) await host.command(line)
  await web.sees(/web:~#/, { within: 200 })

  const work = 'dd if=/dev/urandom of=/tmp/x bs=1M count=4 2>/dev/null; n=0; while true; do dd if=/tmp/x of=/dev/vda bs=64k oflag=direct 2>/dev/null || echo writing failed; dd if=/dev/vda bs=64k count=64 iflag=direct 2>/dev/null | cmp - /tmp/x || echo differs; n=$((n+1)); echo $n > /tmp/n; done > /tmp/faults 2>&1 &'
  await web.carriesOut(`${work} echo begun`, /^begun$/m)
  for (let turn = 0; turn < 4; turn++) for (const name of ['pool', 'pool', 'driver nvme']) await host.restart(name)
  expect(await host.command('volume snapshot root running')).toContain('running is a snapshot of root.')
  const look = 'm=$(($(cat /tmp/n) + 2)); until test $(cat /tmp/n) -ge $m; do sleep 1; done; wc -c < /tmp/faults; dmesg | grep -c "I/O error"; kill %1; echo looked'
  await web.carriesOut(look, /^0\n0\nlooked$/m)
  expect(await host.command('volume delete root')).toContain('root is a disk of a VM that is on.')

  // Limits, by the guest's clock, which is the host's: 4 MiB, and 60 requests of which the first three come at once.
  const took = async (bytes: string, count: number) => {
    const read = `read begun rest < /proc/uptime; dd if=/dev/vda of=/dev/null bs=${bytes} count=${count} iflag=direct 2>/dev/null; read ended rest < /proc/uptime; echo took $((\${ended%.*}\${ended#*.} - \${begun%.*}\${begun#*.}))`
    return Number((await web.carriesOut(read, /^took (\d+)$/m))[1]) / 100
  }
  const free = await took('64k', 64)
  for (const [setting, value, bytes, count, seconds] of [['byteLimit', '1 MiB/s', '64k', 64, 3.9], ['requestLimit', '20', '4k', 60, 2.9]] as const) {
    expect(await host.command(`volume set root ${setting} ${value}`)).toContain(`${setting} of root: none -> `)
    const limited = await took(bytes, count)
    expect(limited, `${setting} ${value}`).toBeGreaterThan(seconds * 0.9)
    expect(limited, `${setting} ${value}`).toBeLessThan(seconds * 1.25 + free + 1)
    await host.command(`volume set root ${setting} none`)
  }
  expect(await took('64k', 64)).toBeLessThan(2)

  // Random bytes, a snapshot of them, and others over them: twice as much as they are, and more than there is.
  const fill = (megabytes: number) => `dd if=/dev/urandom of=/dev/vda bs=1M count=${megabytes} conv=fsync 2>/dev/null`
  await web.carriesOut(`${fill(28)}; echo filled`, /^filled$/m)
  await host.command('volume snapshot root before')
  await web.attach()
  host.type(`${fill(48)} && echo written; dd if=/dev/vda bs=1M count=48 2>/dev/null | sha256sum\n`)
  await web.detach()
  await web.is('paused', { within: 60 })
  expect((await web.info()).reason).toBe('paused: the pool has no space left for what it writes')
  for (const name of ['running', 'before']) await host.command(`volume delete ${name}`)
  await host.command('vm resume web')
  const [, sum] = await web.sees(/written\s+([0-9a-f]{64})/, { within: 100 })
  expect(await host.command('pool check')).toContain('no block is wrong')
  await host.close() // QEMU is killed

  host = await boot({ name: 'pool-again', config, extra })
  await host.command('vm start web')
  await host.vm('web').sees(/web:~#/, { within: 200 })
  expect((await host.vm('web').carriesOut('dd if=/dev/vda bs=1M count=48 2>/dev/null | sha256sum', /^([0-9a-f]{64}) {2}-$/m))[1]).toBe(sum)
}, 600_000)

/** What a drive holds from a MiB of it on, up to another. */
function digest(serial: string, first: number, end: number): string {
  const hash = createHash('sha256')
  const file = openSync(pathOf(serial), 'r')
  const bytes = Buffer.alloc(MEBIBYTE)
  for (let at = first; at < end; at++) {
    readSync(file, bytes, 0, bytes.length, at * MEBIBYTE)
    hash.update(bytes)
  }
  closeSync(file)
  return hash.digest('hex')
}

test('a pool on a partition: a guest\'s data are there after QEMU was killed, and nothing beside it was written', async () => {
  const extra = drive('nvme', 'PARTED', 128)
  const { begin, end } = guidPartitionTable(128 * 2048, { entries: [[2048, 32767], [32768, 196607], [196608, 260095]] })
  const file = openSync(pathOf('PARTED'), 'r+')
  for (let at = 1; at < 16; at++) writeSync(file, Buffer.alloc(MEBIBYTE, at), 0, MEBIBYTE, at * MEBIBYTE)
  for (let at = 96; at < 128; at++) writeSync(file, Buffer.alloc(MEBIBYTE, at), 0, MEBIBYTE, at * MEBIBYTE)
  writeSync(file, begin, 0, begin.length, 0)
  writeSync(file, end, 0, end.length, 128 * MEBIBYTE - end.length)
  closeSync(file)
  const beside = () => [digest('PARTED', 0, 16), digest('PARTED', 96, 128)]
  const before = beside()
  const config = { vms: [linux('web', { autostart: false, disks: [{ volume: 'root' }] })] }
  host = await boot({ name: 'pool-partition', config, extra })
  expect(await host.command('pool create tank PARTED')).toContain('PARTED holds a GUID partition table (GPT). Nothing was changed.')
  for (const line of ['pool create tank PARTED:2', 'volume create root 64MiB', 'vm start web']) await host.command(line)
  expect(await host.command('pool devices')).toMatch(/^PARTED +128 MiB +a GUID partition table \(GPT\)\nPARTED:1 +15 MiB +nothing that is known\nPARTED:2 +80 MiB +the pool tank\nPARTED:3 +31 MiB +nothing that is known$/m)
  await host.vm('web').sees(/web:~#/, { within: 200 })
  const [, sum] = await host.vm('web').carriesOut('dd if=/dev/urandom of=/dev/vda bs=1M count=40 conv=fsync 2>/dev/null; dd if=/dev/vda bs=1M count=40 2>/dev/null | sha256sum', /^([0-9a-f]{64}) {2}-$/m)
  await host.close() // QEMU is killed
  expect(beside()).toEqual(before)

  host = await boot({ name: 'pool-partition-again', config, extra })
  await host.command('vm start web')
  await host.vm('web').sees(/web:~#/, { within: 200 })
  expect((await host.vm('web').carriesOut('dd if=/dev/vda bs=1M count=40 2>/dev/null | sha256sum', /^([0-9a-f]{64}) {2}-$/m))[1]).toBe(sum)
  expect(await host.command('pool check')).toContain('no block is wrong')
  await host.close()
  expect(beside()).toEqual(before)
}, 600_000)
