/** The AHCI driver with an HBA, disks and drives for discs as the specifications describe them. */
import { expect, test } from 'vitest'
import { ahci, type AhciBench, type Device, type Hba } from './ahci.ts'
import { Operation, Status, type Part } from './bench.ts'

/** A running driver. */
async function running(change: (hba: Hba) => void = () => {}): Promise<AhciBench> {
  const bench = await ahci(change)
  expect(bench.start()).toBe(0)
  expect(bench.hba.violations).toEqual([])
  return bench
}

/** Bytes that tell where they belong. */
function pattern(bytes: number, seed = 0): Buffer { return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7 + (index >> 8) * 13 + seed) & 0xff)) }

/** Fills a device with a pattern. */
function fill(hba: Hba, number = 0): Buffer {
  const { data } = hba.devices.get(number)!
  pattern(data.length).copy(data)
  return data
}

function disk(change: Partial<Device> = {}): Device { return { data: Buffer.alloc(1 << 20), ...change } }

/** What a request's parts hold. */
function gather(bench: AhciBench, parts: Part[]): Buffer { return Buffer.concat(parts.map(({ physical, bytes }) => bench.memory.read(physical, bytes))) }

test('an HBA is reset, its disk is asked what it is, and announced', async () => {
  const bench = await running()
  expect([...bench.units]).toEqual([[0, { blocks: 8192n, blockBytes: 512, physicalBlockBytes: 512, maxBlocks: 65536, readOnly: 0, canDiscard: 1, serial: 'DISK0001' }]])
  expect(bench.log).toEqual(['ports: 6', 'port 0 works: DISK0001, blocks: 8192, commands: 32'])
  expect([bench.hba.resets, bench.armed]).toEqual([1, 0n])
})

test('ports are units, with their blocks, serial numbers and attributes', async () => {
  const bench = await running(hba => {
    hba.implemented = 0b1101_0110
    hba.devices = new Map([
      [1, disk({ serial: '     WD-0123456789', physicalShift: 3, depth: 8 })],
      [4, disk({ blockBytes: 4096, trims: true, depth: 0, serial: 'a\u0001b' })],
      [6, disk({ isPacket: true, blockBytes: 2048, serial: 'DISC', attentions: 2 })],
      [7, disk({ isPacket: true, isEmpty: true })],
    ])
  })
  expect([...bench.units]).toEqual([
    [0, { blocks: 2048n, blockBytes: 512, physicalBlockBytes: 4096, maxBlocks: 65536, readOnly: 0, canDiscard: 0, serial: 'WD-0123456789' }],
    [2, { blocks: 256n, blockBytes: 4096, physicalBlockBytes: 4096, maxBlocks: 8192, readOnly: 0, canDiscard: 1, serial: 'a?b' }],
    [3, { blocks: 512n, blockBytes: 2048, physicalBlockBytes: 2048, maxBlocks: 480, readOnly: 1, canDiscard: 0, serial: 'DISC' }],
  ])
  expect(bench.log.slice(1).sort()).toEqual([
    'port 1 works: WD-0123456789, blocks: 2048, commands: 8', 'port 4 works: a?b, blocks: 256, commands: 1',
    'port 6 reads discs: DISC, blocks: 512, commands: 1', 'port 7 has no disc in its drive',
  ])
  for (const [unit, number] of [[0, 1], [2, 4], [3, 6]]) {
    const data = fill(bench.hba, number)
    const parts = [{ physical: bench.memory.page(), bytes: 4096 }]
    const { blockBytes } = bench.units.get(unit)!
    const id = bench.ask(Operation.Read, unit, 8, 4096 / blockBytes, parts)
    bench.settle()
    expect(bench.status(id)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(8 * blockBytes, 8 * blockBytes + 4096))).toBe(true)
  }
  expect(bench.hba.violations).toEqual([])
})

test('an HBA with nothing in it tells that there is nothing to wait for', async () => {
  const bench = await running(hba => hba.devices.clear())
  expect([bench.units.size, bench.announcements, bench.armed]).toEqual([0, 1, 0n])
})

test('devices are announced together: one that is slow is waited for, but not for ever', async () => {
  const bench = await running(hba => hba.devices.set(1, disk({ isBusy: true })))
  expect(bench.announcements).toBe(0)
  bench.live(3_500_000_000, 10_000_000)
  expect(bench.announcements).toBe(0)
  bench.live(1_000_000_000, 10_000_000)
  expect([...bench.units.keys()]).toEqual([0])
  const late = bench.hba.devices.get(1)!
  late.isBusy = false
  bench.hba.ports[1].taskFile = 0x50
  bench.hba.ports[1].signature = 0x101
  bench.live(50_000_000)
  expect([...bench.units.keys()]).toEqual([0, 1])
})

test('32 ports are implemented: the first 16 are driven', async () => {
  const bench = await running(hba => { hba.implemented = 0xffffffff })
  expect(bench.log[0]).toBe('ports: 32; driven are the first 16')
})

test('the firmware lets go of the HBA, or is not asked again', async () => {
  const polite = await running(hba => Object.assign(hba, { hasHandoff: true, handoff: 1 }))
  expect(polite.units.size).toBe(1)
  const stubborn = await ahci(hba => Object.assign(hba, { hasHandoff: true, handoff: 1, letsGo: false }))
  expect(stubborn.start()).toBe(0)
  expect(stubborn.hba.resets).toBe(0)
  stubborn.live(2_500_000_000)
  expect([stubborn.hba.resets, stubborn.units.size]).toEqual([1, 1])
})

/** Layouts of memory: what lies next to what, in bytes; a new page, or run of pages, each. */
const layouts: [name: string, commands: number, parts: (bench: AhciBench) => Part[]][] = [
  ['a block', 1, ({ memory }) => [{ physical: memory.page(), bytes: 512 }]],
  ['a block of many parts', 1, ({ memory }) => [10, 2, 400, 98, 2].map(bytes => ({ physical: memory.page() + 6n, bytes }))],
  ['a page that begins within one', 1, ({ memory }) => [{ physical: memory.run(2) + 512n, bytes: 4096 }]],
  ['three pages, the first and last in part', 1, ({ memory }) => [{ physical: memory.page() + 1024n, bytes: 3072 }, { physical: memory.page(), bytes: 4096 }, { physical: memory.page(), bytes: 512 }]],
  ['240 pages, all apart, that begin within one', 1, ({ memory }) => [{ physical: memory.page() + 2048n, bytes: 2048 }, ...Array.from({ length: 239 }, () => ({ physical: memory.page(), bytes: 4096 })), { physical: memory.page(), bytes: 2048 }]],
  ['256 pages', 2, ({ memory }) => Array.from({ length: 256 }, () => ({ physical: memory.page(), bytes: 4096 }))],
  ['256 parts that are no blocks, more than there is room for', 2, ({ memory }) => Array.from({ length: 256 }, () => ({ physical: memory.page() + 2n, bytes: 34 })).concat({ physical: memory.page(), bytes: 9216 - 256 * 34 }).slice(1).concat({ physical: memory.page(), bytes: 34 })],
  ['2 MiB as one', 3, ({ memory }) => [{ physical: memory.run(513) + 4n, bytes: 2 << 20 }]],
]

for (const depth of [32, 0]) {
  test.each(layouts)(`reads and writes %s${depth ? '' : ', without a queue'}`, async (_, commands, layout) => {
    const bench = await running(hba => { hba.devices.get(0)!.depth = depth })
    const data = fill(bench.hba)
    const parts = layout(bench)
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    const read = bench.ask(Operation.Read, 0, 3, bytes / 512, parts)
    bench.settle()
    expect(bench.status(read)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(1536, 1536 + bytes))).toBe(true)
    const write = bench.ask(Operation.Write, 0, 9, bytes / 512, parts)
    bench.settle()
    expect(bench.status(write)).toBe(Status.Ok)
    expect(data.subarray(4608, 4608 + bytes).equals(gather(bench, parts))).toBe(true)
    expect(bench.hba.violations).toEqual([])
    expect(bench.hba.fetched.filter(({ opcode }) => (depth ? [0x60, 0x61] : [0x25, 0x35]).includes(opcode)).length).toBe(2 * commands)
  })
}

test('what is odd, or not as long as its blocks, does not reach the device, and it is said', async () => {
  const bench = await running()
  const { memory } = bench
  const wrong: Part[][] = [[{ physical: memory.page() + 3n, bytes: 512 }], [{ physical: memory.page(), bytes: 511 }, { physical: memory.page(), bytes: 1 }], [{ physical: memory.page(), bytes: 510 }], []]
  const before = bench.hba.fetched.length
  const ids = wrong.map(parts => bench.ask(Operation.Read, 0, 0, 1, parts))
  bench.settle()
  expect(ids.map(id => bench.status(id))).toEqual(wrong.map(() => Status.Failed))
  expect(bench.hba.fetched.length).toBe(before)
  expect(bench.log.at(-1)).toBe('the memory of a request lies so that the controller cannot be told of it')
})

test('what ends beyond the device, has no blocks or is of no unit fails; what is unknown is unsupported', async () => {
  const bench = await running()
  const parts = [{ physical: bench.memory.page(), bytes: 512 }]
  const ids = ([[0, 8192n, 1], [0, 8191n, 2], [0, ~0n & 0xffff_ffff_ffff_ffffn, 1], [0, 1n << 48n, 1], [0, 0n, 0], [1, 0n, 1], [16, 0n, 1], [0xffffffff, 0n, 1]] as const)
    .map(([unit, block, blocks]) => bench.ask(Operation.Read, unit, block, blocks, parts))
  const unknown = bench.ask(77, 0, 0, 1, parts)
  bench.settle()
  expect(ids.map(id => bench.status(id))).toEqual(ids.map(() => Status.Failed))
  expect(bench.status(unknown)).toBe(Status.Unsupported)
})

test('a disc cannot be written', async () => {
  const bench = await running(hba => hba.devices.set(0, disk({ isPacket: true, blockBytes: 2048 })))
  const parts = [{ physical: bench.memory.page(), bytes: 2048 }]
  const ids = [Operation.Write, Operation.Flush, Operation.Discard, Operation.WriteZeroes].map(operation => bench.ask(operation, 0, 0, 1, parts))
  bench.settle()
  expect(ids.map(id => bench.status(id))).toEqual([Status.Failed, Status.Ok, Status.Unsupported, Status.Unsupported])
})

test('blocks are trimmed and zeroed, a flush waits for what is queued and is waited for', async () => {
  const bench = await running(hba => { hba.devices.get(0)!.data = Buffer.alloc(64 << 20, 1) })
  const { data } = bench.hba.devices.get(0)!
  const discard = bench.ask(Operation.Discard, 0, 5, 70_000)
  const zero = bench.ask(Operation.WriteZeroes, 0, 80_000, 5_000)
  bench.settle()
  expect([bench.status(discard), bench.status(zero)]).toEqual([Status.Ok, Status.Ok])
  expect([4, 5, 70_004, 70_005, 79_999, 80_000, 84_999, 85_000].map(block => data[512 * block])).toEqual([1, 0xde, 0xde, 1, 1, 0, 0, 1])
  expect(bench.hba.fetched.filter(({ opcode }) => opcode === 6).length).toBe(1)
  const parts = [{ physical: bench.memory.page(), bytes: 512 }]
  const ids = [Operation.Write, Operation.Flush, Operation.Write].map(operation => bench.ask(operation, 0, 0, operation === Operation.Flush ? 0 : 1, parts))
  const flags = () => ids.map(id => bench.status(id) ?? '-').join('')
  bench.driver.submit()
  const seen: string[] = []
  while (bench.hba.work()) {
    bench.driver.interrupt()
    seen.push(flags())
  }
  expect([seen, bench.hba.flushes, bench.hba.violations]).toEqual([['0--', '00-', '000'], 1, []])
})

test('a drive that does not trim zeroes all the same, where it is asked to', async () => {
  const bench = await running(hba => hba.devices.set(0, disk({ data: Buffer.alloc(1 << 20, 1) })))
  const ids = [Operation.Discard, Operation.WriteZeroes].map(operation => bench.ask(operation, 0, 0, 3))
  bench.settle()
  expect(ids.map(id => bench.status(id))).toEqual([Status.Unsupported, Status.Ok])
})

test.each([1, 2, 31, 32])('%i commands at a time: the queue is filled, never overrun, and its answers come in any order', async depth => {
  const bench = await running(hba => { hba.devices.get(0)!.depth = depth })
  const data = fill(bench.hba)
  const reads = Array.from({ length: 1000 }, (_, block) => {
    const parts = [{ physical: bench.memory.page(), bytes: 512 }]
    return { block, parts, id: bench.ask(Operation.Read, 0, block, 1, parts) }
  })
  bench.driver.submit()
  expect(bench.taken.size).toBe(128)
  for (let turn = 0; bench.completed.length < 1000; turn++) {
    bench.hba.fetch()
    const { pending } = bench.hba.ports[0]
    expect(pending.length).toBe(Math.min(depth, 1000 - bench.completed.length))
    bench.hba.carryOut(pending.splice(turn * 7 % pending.length, 1)[0])
    bench.driver.interrupt()
  }
  for (const { id, block, parts } of reads) {
    expect(bench.status(id)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(512 * block, 512 * block + 512))).toBe(true)
  }
  expect(bench.hba.violations).toEqual([])
})

test('a drive is pulled out and another plugged in, and the same again', async () => {
  const bench = await running()
  const parts = [{ physical: bench.memory.page(), bytes: 512 }]
  const lost = Array.from({ length: 50 }, (_, block) => bench.ask(Operation.Read, 0, block, 1, parts))
  bench.driver.submit()
  bench.hba.unplug(0)
  bench.live(200_000_000)
  expect(lost.map(id => bench.status(id))).toEqual(lost.map(() => Status.Failed))
  expect([bench.units.size, bench.log.at(-1), bench.armed]).toEqual([0, 'port 0 is gone', 0n])
  const nobody = bench.ask(Operation.Read, 0, 0, 1, parts)
  bench.driver.submit()
  expect(bench.status(nobody)).toBe(Status.Failed)
  for (const serial of ['ANOTHER', 'DISK0001']) {
    bench.hba.plug(0, disk({ serial }))
    bench.live(100_000_000)
    expect(bench.units.get(0)?.serial).toBe(serial)
    const id = bench.ask(Operation.Read, 0, 0, 1, parts)
    bench.settle()
    expect(bench.status(id)).toBe(Status.Ok)
    bench.hba.unplug(0)
    bench.live(200_000_000)
  }
  bench.hba.plug(5, disk({ serial: 'LAST' }))
  bench.live(100_000_000)
  expect([...bench.units].map(([unit, { serial }]) => [unit, serial])).toEqual([[5, 'LAST']])
  expect(bench.hba.violations).toEqual([])
})

test('a second is armed while commands are under way, not for each', async () => {
  const bench = await running()
  bench.arms = 0
  for (let round = 0; round < 100; round++) {
    for (let index = 0; index < 10; index++) bench.ask(Operation.Read, 0, index, 1, [{ physical: bench.memory.page(), bytes: 512 }])
    bench.driver.submit()
    while (bench.hba.work()) bench.driver.interrupt()
  }
  expect(bench.arms).toBe(1)
  bench.pass(10_000_000_000)
  expect([bench.arms, bench.armed]).toEqual([1, 0n])
})
