/** Guests' disks, which are drives of the host of every kind: Linux's own driver at one end, ours at the other, and what is written is there after all of it has gone. */
import { afterAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterAll(() => host?.close())

/** Kinds of drives: the driver's name, what `host devices` calls the function, and QEMU's device. */
const kinds = [
  { driver: 'nvme', function: 'NVMe controller', device: 'nvme' },
  { driver: 'ahci', function: 'SATA controller', device: 'ide-hd,bus=ide.0' },
  { driver: 'virtioblk', function: 'storage controller', device: 'virtio-blk-pci' },
]

/** A drive of each kind, of 32 MiB, empty, with the kind's name in its serial number, and the parameters that give them to the host. */
function drives(serial: string): { extra: string[], serials: string[] } {
  const serials = kinds.map(({ driver }) => `${serial}-${driver}`)
  const extra = kinds.flatMap(({ device }, index) => drive(device, serials[index], 32))
  return { extra, serials }
}

/** The driver of each kind, as `sandbox list` has it. */
async function drivers(): Promise<{ name: string, state: string, restarts: number }[]> {
  const sandboxes = await host!.json<{ name: string, state: string, restarts: number }[]>('sandbox list')
  return kinds.map(({ driver }) => sandboxes.find(({ name }) => name.startsWith(`driver ${driver} `))!)
}

test('what a guest has written and flushed is there when the host is started again, on every kind of drive', async () => {
  await host?.close()
  const { extra, serials } = drives('SURVIVES')
  const config = { vms: [linux('web', { disks: serials.map(raw => ({ raw })) }), linux('reader', { autostart: false, disks: [{ raw: 'NOWHERE', readOnly: true }] })] }
  const disks = serials.map((_, index) => `vd${'abc'[index]}`)
  host = await boot({ name: 'disks-written', config, extra })
  await host.vm('web').sees(/web:~#/, { within: 200 })
  const devices = await host.command('host devices')
  for (const { driver, function: name } of kinds) expect(devices).toMatch(new RegExp(`${name} \\S+ +driver ${driver} 00:[01][0-9A-F]\\.[0-7]`))
  const write = `for d in ${disks.join(' ')}; do cat /sys/block/$d/serial; dd if=/dev/urandom of=/tmp/x bs=1M count=8 2>/dev/null; dd if=/tmp/x of=/dev/$d bs=1M conv=fsync 2>/dev/null; echo; sha256sum < /tmp/x; done; echo all written`
  const [written] = await host.vm('web').carriesOut(write, /^[^]*^all written$/m)
  const found = [...written.matchAll(/^(SURVIVES-\w+)\n([0-9a-f]{64}) {2}-$/gm)]
  expect(found.map(([, serial]) => serial)).toEqual(serials)
  await host.command('vm start reader')
  expect((await host.vm('reader').info()).reason).toBe('no medium of this host has the serial number of its disk: NOWHERE')
  await host.close() // QEMU is killed: whatever was not flushed is lost

  host = await boot({ name: 'disks-read', config, extra })
  await host.vm('web').sees(/web:~#/, { within: 200 })
  const [read] = await host.vm('web').carriesOut(`for d in ${disks.join(' ')}; do dd if=/dev/$d bs=1M count=8 2>/dev/null | sha256sum; done; echo all read`, /^[^]*^all read$/m)
  expect([...read.matchAll(/^([0-9a-f]{64}) {2}-$/gm)].map(([, sum]) => sum)).toEqual(found.map(([,, sum]) => sum))
})

/** Works on, twice more around, and has seen no error by then. */
async function looksWell(vm: string): Promise<void> {
  const look = 'm=$(($(cat /tmp/n) + 2)); until test $(cat /tmp/n) -ge $m; do sleep 1; done; wc -c < /tmp/faults; dmesg | grep -c "I/O error"; echo looked'
  await host!.vm(vm).carriesOut(look, /^0\n0\nlooked$/m)
}

/** Reads a block of a disk again and again, and keeps in /tmp/pause-DISK how many hundredths of a second the longest read took. */
const probe = (disk: string) => `longest=0; while true; do read begun rest < /proc/uptime; dd if=/dev/${disk} of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null || echo reading failed; read ended rest < /proc/uptime; took=$((\${ended%.*}\${ended#*.} - \${begun%.*}\${begun#*.})); test $took -gt $longest && longest=$took; echo $longest > /tmp/longest-${disk}; mv /tmp/longest-${disk} /tmp/pause-${disk}; done >> /tmp/faults 2>&1 &`

test('their drivers are killed a hundred times under load: no guest sees an error, or waits for a second', async () => {
  await host?.close()
  const { extra, serials } = drives('RESTARTED')
  host = await boot({
    name: 'disks-restarted', extra,
    config: { vms: [linux('web', { disks: [{ raw: serials[0] }] }), linux('database', { disks: serials.slice(1).map(raw => ({ raw })) })] },
  })
  const disks = { web: ['vda'], database: ['vda', 'vdb'] }
  const work = (disks: string[]) => `dd if=/dev/urandom of=/tmp/x bs=1M count=4 2>/dev/null; n=0; while true; do for d in ${disks.join(' ')}; do dd if=/tmp/x of=/dev/$d bs=64k oflag=direct 2>/dev/null || echo writing failed; dd if=/dev/$d bs=64k count=64 iflag=direct 2>/dev/null | cmp - /tmp/x || echo differs; done; n=$((n+1)); echo $n > /tmp/n; done >> /tmp/faults 2>&1 &`
  for (const [name, of] of Object.entries(disks)) {
    await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 200 })
    for (const line of [work(of), ...of.map(probe)]) await host.vm(name).carriesOut(`${line} echo begun`, /^begun$/m)
  }
  const before = await drivers()
  const kills = kinds.map(() => 0)
  for (let turn = 0; turn < 100; turn++) {
    const kind = turn % kinds.length
    await host.command(`sandbox restart ${before[kind].name}`)
    kills[kind]++
    await new Promise(done => setTimeout(done, Math.random() * 150))
  }
  const after = await drivers()
  expect(after.map(({ state, restarts }, kind) => [state, restarts - before[kind].restarts])).toEqual(kills.map(count => ['running', count]))
  for (const [name, of] of Object.entries(disks)) {
    await looksWell(name)
    const [, ...pauses] = await host.vm(name).carriesOut(`echo "pauses ${of.map(disk => `$(cat /tmp/pause-${disk})`).join(' ')}"`, of.length === 1 ? /^pauses (\d+)$/m : /^pauses (\d+) (\d+)$/m)
    for (const pause of pauses) expect(Number(pause), `${name} waited for so many hundredths of a second`).toBeLessThan(100)
  }
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
  const [{ restarts }] = await drivers()
  await host!.command('vm kill web')
  await web.is('stopped')
  expect(await free()).toBe(before)
  expect((await drivers())[0]).toMatchObject({ state: 'running', restarts })
  await looksWell('database')
})
