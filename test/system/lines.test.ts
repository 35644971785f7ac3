/** Network cards and a drive that have an interrupt line and no messages: they are let be until their line interrupts, and one does not hurt another on the same line. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined
afterEach(() => host?.close())

/** Calls of each function's driver in so many seconds. */
async function calls(seconds: number): Promise<number[]> {
  const count = async () => (await host!.json<{ name: string, calls: number }[]>('sandbox list')).filter(({ name }) => /^driver (e1000|virtionet|virtioblk) /.test(name)).map(({ calls }) => calls)
  const before = await count()
  await new Promise(resolve => setTimeout(resolve, 1000 * seconds))
  return (await count()).map((after, index) => after - before[index])
}

test.each(['q35', 'pc'])('%s: those that share a line cost nothing while nothing happens, and work', async machine => {
  const cards = [['08', 'e1000'], ['0C', 'e1000'], ['10', 'virtio-net-pci,vectors=0']] // every fourth device has the same line
  const extra = cards.flatMap(([place, device], index) => ['-netdev', `user,id=net${index}`, '-device', `${device},netdev=net${index},addr=0x${place},romfile=`])
  const networks = cards.map(([place], index) => ({ name: `outside-${index}`, uplink: { device: `00:${place}.0` } }))
  const serial = `LINED-${machine}`
  const web = linux('web', { interfaces: networks.map(({ name }) => ({ network: name })), disks: [{ raw: serial }] })
  host = await boot({ name: `lines-${machine}`, config: { networks, vms: [web] }, extra: ['-machine', machine, ...extra, ...drive('virtio-blk-pci,vectors=0,addr=0x14', serial, 32)] })
  await host.vm('web').sees(/web:~#/, { within: 200 })
  const idle = await calls(10)
  expect(idle.length).toBe(4)
  for (const count of idle) expect(count).toBeLessThan(300) // 5000 when they are looked at
  for (const name of ['eth0', 'eth1', 'eth2']) {
    await host.vm('web').carriesOut(`ip link set ${name} up; ip addr add 10.0.2.15/24 dev ${name}; ping -c 5 -i 0.5 10.0.2.2; ip addr del 10.0.2.15/24 dev ${name}; echo "$(echo was) outside"`, /5 packets received[^]*was outside$/m, { within: 100 })
  }
  const write = 'dd if=/dev/urandom of=/tmp/x bs=1M count=8 2>/dev/null; dd if=/tmp/x of=/dev/vda bs=64k oflag=direct conv=fsync 2>/dev/null; dd if=/dev/vda bs=64k count=128 iflag=direct 2>/dev/null | cmp - /tmp/x && echo "$(echo read) back"'
  await host.vm('web').carriesOut(write, /^read back$/m, { within: 100 })
  await host.command('sandbox restart driver virtioblk 00:14.0')
  await host.vm('web').carriesOut('dd if=/dev/vda bs=64k count=128 iflag=direct 2>/dev/null | cmp - /tmp/x && echo "$(echo read) again"', /^read again$/m, { within: 100 })
})
