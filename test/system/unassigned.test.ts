/** Drives that are plugged in when the firmware has already given out its addresses: they have none when the host looks for devices. */
import { afterEach, expect, test } from 'vitest'
import { start } from '../harness/boot.ts'
import { drive } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'
import { Monitor } from '../harness/monitor.ts'

/** SeaBIOS gives out addresses, then it offers its boot menu for so many milliseconds. */
const bootMenu = ['-boot', 'menu=on,splash-time=8000']
const monitor = new Monitor('unassigned')
let host: Host | undefined

afterEach(async () => {
  monitor.close()
  await host?.close()
})

test('behind a bridge: they are given what the bridge passes on', async () => {
  const disks = ['LATE-nvme', 'LATE-virtio'].flatMap(serial => drive('none', serial, 32).slice(0, 2))
  const ports = ['-device', 'pcie-root-port,id=left,chassis=1', '-device', 'pcie-root-port,id=right,chassis=2']
  host = await start({ name: 'unassigned', direct: true, extra: [...bootMenu, ...monitor.parameters, ...ports, ...disks] })
  await monitor.open()
  while (!/prefetchable memory at 0xfd/.test(await monitor.command('info pci'))) await new Promise(resolve => setTimeout(resolve, 50))
  expect(await monitor.command('device_add nvme,bus=left,drive=LATE-nvme,serial=LATE-nvme')).toBe('')
  expect(await monitor.command('device_add virtio-blk-pci,bus=right,drive=LATE-virtio,serial=LATE-virtio,disable-legacy=on')).toBe('')
  expect(await monitor.command('info pci')).toMatch(/BAR0: 64 bit memory at 0xffffffffffffffff/)
  await host.prompts()
  const devices = await host.command('host devices')
  expect(devices).toMatch(/^01:00\.0 +NVMe controller \S+ +driver nvme 01:00\.0$/m)
  expect(devices).toMatch(/^02:00\.0 +storage controller \S+ +driver virtioblk 02:00\.0$/m)
  const found = await host.command('pool devices')
  for (const serial of ['LATE-nvme', 'LATE-virtio']) expect(found).toContain(serial)
})
