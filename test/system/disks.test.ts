/** Guests' disks, which are NVMe drives of the host: Linux's own driver at one end, ours at the other, and what is written is there after all of it has gone. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import { logs } from '../harness/emulator.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterAll(() => host?.close())

/** A drive of 32 MiB, empty, and the parameters that give it to the host. */
function drive(serial: string): string[] {
  const path = join(logs, `${serial}.disk`)
  mkdirSync(logs, { recursive: true })
  rmSync(path, { force: true })
  writeFileSync(path, '')
  truncateSync(path, 32 << 20)
  return ['-drive', `file=${path},if=none,id=${serial},format=raw`, '-device', `nvme,serial=${serial},drive=${serial}`]
}

const driver = async () => (await host!.json<{ name: string, state: string, restarts: number }[]>('sandbox list')).find(({ name }) => name.startsWith('driver nvme'))!

test('what a guest has written and flushed is there when the host is started again', async () => {
  await host?.close()
  const extra = drive('SURVIVES')
  const config = { vms: [linux('web', { disks: [{ raw: 'SURVIVES' }] }), linux('reader', { autostart: false, disks: [{ raw: 'NOWHERE', readOnly: true }] })] }
  host = await boot({ name: 'disks-written', config, extra })
  await host.vm('web').sees(/web:~#/, { within: 200 })
  expect(await host.command('host devices')).toMatch(/NVMe controller \S+ +driver nvme 00:0\d\.0/)
  const write = 'cat /sys/block/vda/serial; dd if=/dev/urandom of=/tmp/x bs=1M count=8 2>/dev/null; dd if=/tmp/x of=/dev/vda bs=1M conv=fsync 2>/dev/null; echo; sha256sum < /tmp/x'
  const [, serial, sum] = await host.vm('web').carriesOut(write, /^(\w+)\n([0-9a-f]{64}) {2}-$/m)
  expect(serial).toBe('SURVIVES')
  await host.command('vm start reader')
  expect((await host.vm('reader').info()).reason).toBe('no medium of this host has the serial number of its disk: NOWHERE')
  await host.close() // QEMU is killed: whatever was not flushed is lost

  host = await boot({ name: 'disks-read', config, extra })
  await host.vm('web').sees(/web:~#/, { within: 200 })
  expect((await host.vm('web').carriesOut('dd if=/dev/vda bs=1M count=8 2>/dev/null | sha256sum', /^([0-9a-f]{64}) {2}-$/m))[1]).toBe(sum)
})

/** Works on, twice more around, and has seen no error by then. */
async function looksWell(vm: string): Promise<void> {
  const look = 'm=$(($(cat /tmp/n) + 2)); until test $(cat /tmp/n) -ge $m; do sleep 1; done; wc -c < /tmp/faults; dmesg | grep -c "I/O error"; echo looked'
  await host!.vm(vm).carriesOut(look, /^0\n0\nlooked$/m)
}

test('its driver is started again and again under load, and no guest sees an error', async () => {
  await host?.close()
  host = await boot({
    name: 'disks-restarted', extra: [...drive('FIRST'), ...drive('SECOND')],
    config: { vms: [linux('web', { disks: [{ raw: 'FIRST' }] }), linux('database', { disks: [{ raw: 'SECOND' }] })] },
  })
  const work = 'dd if=/dev/urandom of=/tmp/x bs=1M count=4 2>/dev/null; n=0; while true; do dd if=/tmp/x of=/dev/vda bs=64k oflag=direct 2>/dev/null || echo writing failed; dd if=/dev/vda bs=64k count=64 iflag=direct 2>/dev/null | cmp - /tmp/x || echo differs; n=$((n+1)); echo $n > /tmp/n; done > /tmp/faults 2>&1 &'
  for (const name of ['web', 'database']) {
    await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 200 })
    await host.vm(name).carriesOut(`${work} echo begun`, /^begun$/m)
  }
  const { name } = await driver()
  for (let turn = 1; turn <= 20; turn++) {
    await host.command(`sandbox restart ${name}`)
    for (const end = Date.now() + 30_000; (await driver()).restarts < turn;) if (Date.now() > end) throw host.emulator.failure('the driver was not started again')
  }
  expect((await driver()).state).toBe('running')
  for (const vm of ['web', 'database']) await looksWell(vm)
})

test('a guest that is killed while it writes leaves its memory and the others alone', async () => {
  const web = host!.vm('web')
  const free = async () => (await host!.json<{ freeBytes: number }>('host memory')).freeBytes
  await host!.command('vm kill web') // which works on, since the test before
  await web.is('stopped')
  const before = await free()
  await host!.command('vm start web')
  await web.sees(/up after[^]*web:~#/, { within: 200 }) // not a prompt of its last life
  await web.carriesOut('while true; do dd if=/dev/urandom of=/dev/vda bs=1M count=4 oflag=direct 2>/dev/null; done & echo begun', /^begun$/m)
  const { restarts } = await driver()
  await host!.command('vm kill web')
  await web.is('stopped')
  expect(await free()).toBe(before)
  expect(await driver()).toMatchObject({ state: 'running', restarts })
  await looksWell('database')
})
