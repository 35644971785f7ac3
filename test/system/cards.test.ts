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
  for (let left = 3000; left && frames.length < count; left--) {
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
  const sum = frameOf(1, 900, { flags: 1, start: 34, offset: 16 })
  for (const [from, to] of [[0, 1], [1, 0]]) {
    benches[from].give(sum)
    const [frame] = receive(benches[to], 1)
    expect(frame.readUInt16BE(62)).toBe(~checksum(sum.subarray(46)) & 0xffff)
  }
  expect(benches.map(({ log }) => log.length)).toEqual([1, 1])
})

test.each([[true, false], [false, false], [true, true]])('the 82574 segments TCP, IPv4: %s, with a tag: %s', async (isIpv4, isTagged) => {
  await connect('e1000e', 'virtio-net-pci')
  const large = tcp(isIpv4, isTagged, 50_000)
  const network = isTagged ? 18 : 14
  const transport = network + (isIpv4 ? 20 : 40)
  expect(benches[0].give(large)).toBe(true)
  const segments = receive(benches[1], 36).map(frame => frame.subarray(12))
  expect(segments.length).toBe(36)
  expect(Buffer.concat(segments.map(segment => segment.subarray(transport + 32))).equals(large.subarray(12 + transport + 32))).toBe(true)
  for (const segment of segments) {
    const length = segment.length - transport
    expect(checksum(Buffer.concat([segment.subarray(network + (isIpv4 ? 12 : 8), transport), Buffer.from([0, 6, length >> 8, length & 0xff]), segment.subarray(transport)]))).toBe(0xffff)
    if (isIpv4) expect(checksum(segment.subarray(network, transport))).toBe(0xffff)
  }
})

test.each(['virtio-net-pci', 'e1000', 'e1000e'])('%s: a driver takes its card over as its predecessor left it, at work', async device => {
  await connect(device, 'virtio-net-pci')
  for (let number = 0; number < 50; number++) benches[0].give(frameOf(number), false)
  benches[0] = await QemuBench.make(qemu, 0, `drivers/${drivers[device]}/index.ts`)
  expect(benches[0].driver.start()).toBe(0)
  receive(benches[1], 1)
  benches[0].give(frameOf(77))
  benches[1].give(frameOf(78))
  expect([receive(benches[1], 1), receive(benches[0], 1)].map(frames => frames.map(frame => frame.readUInt32BE(26)))).toEqual([[77], [78]])
})
