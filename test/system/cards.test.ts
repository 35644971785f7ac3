/** Network cards that QEMU emulates, and their drivers: two on one wire, in all pairs, without a host around them. */
import { afterEach, expect, test } from 'vitest'
import { checksum, frameOf, tcp } from '../drivers/net.ts'
import { Qemu, QemuBench } from '../drivers/qemu.ts'

const drivers: Record<string, string> = { 'virtio-net-pci': 'virtionet', e1000: 'e1000', e1000e: 'e1000' }
let qemu: Qemu
let benches: QemuBench[]

afterEach(() => qemu.end())

async function connect(...devices: string[]): Promise<void> {
  qemu = new Qemu(devices)
  benches = []
  for (const [index, device] of devices.entries()) benches.push(await QemuBench.make(qemu, index, `drivers/${drivers[device]}/index.ts`))
  for (const bench of benches) expect(bench.driver.start()).toBe(0)
}

/** What comes to a card until there are so many frames, for some seconds at most. */
function receive(bench: QemuBench, count: number): Buffer[] {
  const frames: Buffer[] = []
  for (let left = 500; left && frames.length < count; left--) {
    for (const each of benches) each.live(1_000_000)
    frames.push(...bench.take())
  }
  return frames
}

test.each([['virtio-net-pci', 'virtio-net-pci'], ['e1000e', 'virtio-net-pci'], ['e1000', 'e1000e']])('%s and %s: frames of all lengths pass in both directions', async (...devices) => {
  await connect(...devices)
  expect(benches.map(({ announced }) => announced.at(-1))).toEqual(['525400123456', '525400123457'].map(mac => ({ mac, maximumBytes: 1500, linkUp: true })))
  for (const [from, to] of [[0, 1], [1, 0], [0, 1]]) {
    const frames = Array.from({ length: 100 }, (_, number) => frameOf(number, 60 + number * 14))
    for (const frame of frames) expect(benches[from].give(frame)).toBe(true)
    expect(receive(benches[to], 100).map(frame => frame.subarray(12))).toEqual(frames.map(frame => frame.subarray(12)))
    expect(benches[to].messages > 0).toBe(devices[to] !== 'e1000')
  }
  const segment = tcp(901)
  const expected = Buffer.from(segment.subarray(12))
  expected.writeUInt16BE(~checksum(expected.subarray(34)) & 0xffff, 50)
  for (const [from, to] of [[0, 1], [1, 0]]) {
    benches[from].give(segment)
    expect(receive(benches[to], 1).map(frame => frame.subarray(12))).toEqual([expected])
  }
  expect(benches.map(({ log }) => log.length)).toEqual([1, 1])
})

test.each(['virtio-net-pci', 'e1000', 'e1000e'])('%s: a driver takes its card over as its predecessor left it, at work', async device => {
  await connect(device, 'virtio-net-pci')
  for (let number = 0; number < 50; number++) benches[0].give(frameOf(number), number === 49)
  benches[0] = await QemuBench.make(qemu, 0, `drivers/${drivers[device]}/index.ts`)
  expect(benches[0].driver.start()).toBe(0)
  receive(benches[1], 50) // as many as were sent
  benches[0].give(frameOf(77))
  benches[1].give(frameOf(78))
  expect([receive(benches[1], 1), receive(benches[0], 1)].map(frames => frames.map(frame => frame.readUInt32BE(26)))).toEqual([[77], [78]])
})
