/** A Debian with its root on a volume, on a drive of each kind: under load of fio, taken a snapshot of, cloned, and there when QEMU was killed while it wrote. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { debian, rooted } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import type { Host, Vm } from '../harness/host.ts'

let host: Host | undefined

afterEach(() => host?.close())

/** Kinds of drives: QEMU's device, and the seconds for which fio writes and verifies on it. */
const kinds = [
  { kind: 'NVMe', device: 'nvme', seconds: 60 },
  { kind: 'SATA', device: 'ide-hd,bus=ide.0', seconds: 10 },
  { kind: 'virtio', device: 'virtio-blk-pci', seconds: 10 },
]

/** Begins to write blocks in random order, and to read all of them back, past Linux's cache and through it. */
async function begin(vm: Vm, more = ''): Promise<void> {
  const all = `--directory=/tmp --size=1M --bs=4k --rw=randwrite --verify=crc32c --verify_fatal=1 ${more}`
  const jobs = '--name=direct --direct=1 --ioengine=libaio --iodepth=16 --name=cached --ioengine=psync --fsync=32'
  await vm.carriesOut(`fio ${all} ${jobs} > fio & echo begun`, /^begun$/m)
}

/** Waits until it has ended, with no error of either job and something read. */
async function ends(vm: Vm): Promise<void> {
  await vm.carriesOut("wait %1; echo ended with $?; grep -c 'err= 0' fio; grep -A9 '^Run status' fio", /^ended with 0\n2\nRun[^]*READ.*io=[1-9]/m, { within: 200 })
}

/** What the file `n` of those that are written and flushed holds. */
const content = (n: number) => Array.from({ length: 1000 }, (_, i) => `${n + i}\n`).join('')
const keep = 'mkdir kept; for n in $(seq 9999); do seq $n $((n+999)) | dd of=kept/$n conv=fsync status=none && echo kept $n > /dev/ttyS0; done & echo begun'

/** The last of the files that a guest has said to be flushed. */
const kept = (vm: Vm): number => Math.max(...vm.lines().map(line => Number(/^kept (\d+)$/.exec(line)?.[1] ?? 0)))

test.each(kinds)('a Debian on a volume works, is cloned while it does, and has lost nothing after a power cut: $kind', async ({ kind, device, seconds }) => {
  const image = await debian()
  const extra = drive(device, 'ROOTDISK', 1536)
  const root = { volume: 'root' }
  const copied = { volume: 'copy' }
  host = await boot({
    name: `root-${kind}`, extra, memory: 1024, direct: true,
    config: { pool: { name: 'tank', devices: ['ROOTDISK'] }, vms: [rooted('web', { disks: [{ ...root, image, size: '1 GiB' }] }), rooted('copy', { autostart: false, disks: [copied] })] },
  })
  const [web, copy] = [host.vm('web'), host.vm('copy')]
  await web.sees(/web:~#/, { within: 300 })
  await web.carriesOut('cat /etc/debian_version; resize2fs /dev/vda && df -m / | grep vda; echo looked', /^\d+[^]*now 262144 \(4k\) blocks long[^]*\/dev\/vda +\d{3} [^]*^looked$/m)

  await begin(web, `--loops=1000 --runtime=${seconds}`)
  await sleep(3000)
  expect(await host.command('volume snapshot root running')).toContain('running is a snapshot of root.')
  expect(await host.command('volume clone running copy')).toContain('copy is a clone of running.')
  await web.carriesOut('jobs -r; echo looked', /^\[1\]\S* +Running +fio[^]*^looked$/m)
  await host.command('vm start copy')
  await copy.sees(/vda\): recovery complete[^]*\/dev\/vda: clean[^]*copy:~#/, { within: 200 })
  await begin(copy)
  for (const vm of [copy, web]) await ends(vm)

  for (const vm of [web, copy]) await vm.carriesOut(keep, /^begun$/m)
  for (const vm of [web, copy]) await vm.sees(/^kept \d{2,}$/m)
  await host.close() // QEMU is killed
  const counts = [web, copy].map(kept)

  host = await boot({ name: `root-${kind}-again`, extra, direct: true, memory: 1024, config: { vms: [rooted('web', { disks: [root] }, 'init=/bin/bash'), rooted('copy', { disks: [copied] }, 'init=/bin/bash')] } })
  const again = ['web', 'copy'].map(name => host!.vm(name))
  for (const vm of again) await vm.sees(new RegExp(`vda\\): recovery complete[^]*${vm.name}:/#`), { within: 200 })
  for (const [index, vm] of again.entries()) {
    await vm.carriesOut('e2fsck -fn /dev/vda; echo checked with $?', /^checked with 0$/m)
    await vm.carriesOut('exec /sbin/init', /\/dev\/vda: clean[^]*:~#/)
    const [, sum] = await vm.carriesOut(`cd kept; cat $(seq ${counts[index]}) | sha256sum`, /^([0-9a-f]{64}) {2}-$/m)
    const whole = Array.from({ length: counts[index] }, (_, i) => content(i + 1)).join('')
    expect(sum).toBe(createHash('sha256').update(whole).digest('hex'))
  }
}, 900_000)
