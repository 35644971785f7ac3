/** Drives that QEMU emulates, and their drivers, without a host around them: by their lines, since QEMU's have messages on any host that can be booted. */
import { afterEach, expect, test } from 'vitest'
import { Operation, Status } from '../drivers/bench.ts'
import { Qemu, QemuBench } from '../drivers/qemu.ts'
import { drive } from '../harness/drive.ts'

const blocks = 8 // of 512 bytes in a page
let qemu: Qemu

afterEach(() => qemu.end())

/** Lets time pass for both until it is so, for some seconds at most. */
function until(bench: QemuBench, isSo: () => boolean): void { for (let left = 2000; left && !isSo(); left--) bench.live(1_000_000) }

/** Gives it requests for a page each, and waits until they have ended. */
function ask(bench: QemuBench, operation: number, pages: Buffer[]): (number | undefined)[] {
  const ids = pages.map((page, index) => bench.ask(operation, 0, index * blocks, blocks, [{ physical: bench.memory.page(page), bytes: 4096 }]))
  bench.driver.submit()
  until(bench, () => ids.every(id => bench.status(id) !== undefined))
  return ids.map(id => bench.status(id))
}

test.each([
  ['nvme', 'nvme,addr=4', []], ['ahci', 'ide-hd,bus=lined.0', ['-device', 'ich9-ahci,id=lined,addr=4']], ['virtioblk', 'virtio-blk-pci,addr=4', []],
])('%s: what is written by its line is read by its line, after another driver has taken it over', async (driver, device, more) => {
  qemu = new Qemu([], [...more, ...drive(device, `ALONE-${driver}`, 8)])
  const pages = Array.from({ length: 60 }, (_, number) => Buffer.alloc(4096, `page ${number} `))
  for (const operation of [Operation.Write, Operation.Read]) {
    const bench = await QemuBench.make(qemu, 0, `drivers/${driver}/index.ts`, true)
    expect(bench.driver.start()).toBe(0)
    until(bench, () => bench.units.size !== 0)
    const given = operation === Operation.Write ? pages.map(page => Buffer.from(page)) : pages.map(() => Buffer.alloc(4096))
    expect(ask(bench, operation, given)).toEqual(pages.map(() => Status.Ok))
    expect(given.map((page, index) => page.equals(pages[index]))).toEqual(pages.map(() => true))
    expect([bench.interrupts > 0, bench.device.line!()]).toEqual([true, false])
  }
})
