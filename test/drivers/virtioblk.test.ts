/** The virtio block driver with a device as the specification describes it, and with others. */
import { describe, expect, test } from 'vitest'
import { Operation, Status, type Part } from './bench.ts'
import { Feature, virtioBlock, type Command, type VirtioBench, type VirtioBlock } from './virtioblk.ts'

const second = 1_000_000_000

async function running(change: (block: VirtioBlock) => void = () => {}): Promise<VirtioBench> {
  const bench = await virtioBlock(change)
  expect(bench.start()).toBe(0)
  expect(bench.block.violations).toEqual([])
  return bench
}

/** Bytes that tell where they belong. */
function fill({ data }: VirtioBlock): Buffer {
  for (let index = 0; index < data.length; index++) data[index] = index * 7 + (index >> 8) * 13
  return data
}

function gather(bench: VirtioBench, parts: Part[]): Buffer { return Buffer.concat(parts.map(({ physical, bytes }) => bench.memory.read(physical, bytes))) }
function statuses(bench: VirtioBench, ids: number[]) { return ids.map(id => bench.status(id)) }

/** Reads of `count` pages, each of which says where it was read from. */
function read(bench: VirtioBench, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    bench.block.data.fill(index + 1, 4096 * index, 4096 * index + 4096)
    return bench.ask(Operation.Read, 0, 8 * index, 8, [{ physical: bench.memory.page(), bytes: 4096 }])
  })
}

const isTransfer = ({ type }: Command) => type < 2

test('a device is reset, agreed with, asked who it is, and announced', async () => {
  const bench = await running()
  expect([...bench.units]).toEqual([[0, { blocks: 8192n, blockBytes: 512, physicalBlockBytes: 512, maxBlocks: 65536, readOnly: 0, canDiscard: 1, serial: 'VIRTIO01' }]])
  expect([bench.log, bench.block.resets, bench.armed]).toEqual([['VIRTIO01 works; blocks: 8192, commands: 128'], 1, 0n])
})

test('and what it is is what it says', async () => {
  const large = await running(block => Object.assign(block, { features: block.features | Feature.ReadOnly | Feature.AccessPlatform, blockBytes: 4096, physicalExponent: 2, serial: 'twenty characters 20!' }))
  expect([...large.units.values()]).toEqual([{ blocks: 1024n, blockBytes: 4096, physicalBlockBytes: 16384, maxBlocks: 8192, readOnly: 1, canDiscard: 1, serial: 'twenty characters 20' }])
  const plain = await running(block => Object.assign(block, { features: Feature.Version1, hasId: false }))
  expect([...plain.units.values()]).toEqual([{ blocks: 8192n, blockBytes: 512, physicalBlockBytes: 512, maxBlocks: 65536, readOnly: 0, canDiscard: 0, serial: '' }])
})

/** Layouts of memory: what lies next to what, in bytes; a new page, or run of pages, each. */
const layouts: [name: string, parts: (bench: VirtioBench) => Part[]][] = [
  ['a block', ({ memory }) => [{ physical: memory.page() + 3n, bytes: 512 }]],
  ['a block of many parts', ({ memory }) => [1, 2, 400, 99, 10].map(bytes => ({ physical: memory.page() + 7n, bytes }))],
  ['a page that begins within one', ({ memory }) => [{ physical: memory.run(2) + 512n, bytes: 4096 }]],
  ['256 pages, all apart', ({ memory }) => Array.from({ length: 256 }, () => ({ physical: memory.page(), bytes: 4096 }))],
  ['256 parts that are no blocks', ({ memory }) => Array.from({ length: 256 }, (_, index) => ({ physical: memory.page() + 1n, bytes: index === 255 ? 9728 - 255 * 37 : 37 }))],
  ['2 MiB as one', ({ memory }) => [{ physical: memory.run(513) + 5n, bytes: 2 << 20 }]],
]
const devices: [name: string, change: (block: VirtioBlock) => void][] = [
  ['tables', () => {}],
  ['no tables', block => { block.features &= ~Feature.IndirectDesc }],
  ['short segments', block => { block.features |= Feature.SizeMax }],
  ['few segments in a short queue', block => Object.assign(block, { segMax: 20, queueLimit: 32 })],
]
for (const [name, change] of devices) {
  test.each(layouts)(`reads and writes %s, with ${name}`, async (_, layout) => {
    const bench = await running(change)
    const data = fill(bench.block)
    const parts = layout(bench)
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    const id = bench.ask(Operation.Read, 0, 3, bytes / 512, parts)
    bench.settle()
    expect(bench.status(id)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(1536, 1536 + bytes))).toBe(true)
    const write = bench.ask(Operation.Write, 0, 9, bytes / 512, parts)
    bench.settle()
    expect(bench.status(write)).toBe(Status.Ok)
    expect(data.subarray(4608, 4608 + bytes).equals(gather(bench, parts))).toBe(true)
    expect(bench.block.violations).toEqual([])
  })
}

test('blocks of 4096 bytes lie at their sectors', async () => {
  const bench = await running(block => { block.blockBytes = 4096 })
  const data = fill(bench.block)
  const parts = [{ physical: bench.memory.page(), bytes: 4096 }]
  const ids = [bench.ask(Operation.Read, 0, 5, 1, parts), bench.ask(Operation.WriteZeroes, 0, 7, 200), bench.ask(Operation.Discard, 0, 300, 2)]
  bench.settle()
  expect(statuses(bench, ids)).toEqual([0, 0, 0])
  expect(gather(bench, parts).equals(data.subarray(5 * 4096, 6 * 4096))).toBe(true)
  expect([7 * 4096, 207 * 4096 - 1, 300 * 4096, 302 * 4096 - 1].map(at => data[at])).toEqual([0, 0, 0xde, 0xde])
  expect(bench.block.violations).toEqual([])
})

test('flushes, discards and zeroes as it offers them', async () => {
  const full = await running()
  const ids = [Operation.Flush, Operation.Discard, Operation.WriteZeroes].map(operation => full.ask(operation, 0, 0, operation === Operation.Flush ? 0 : 3000))
  full.settle()
  expect([statuses(full, ids), full.block.flushes, full.block.fetched.filter(({ type }) => type === 13).length]).toEqual([[0, 0, 0], 1, 3])
  const plain = await running(block => { block.features = Feature.Version1 })
  const refused = [Operation.Flush, Operation.Discard, Operation.WriteZeroes, 77].map(operation => plain.ask(operation, 0, 0, 1))
  plain.settle()
  expect([statuses(plain, refused), plain.block.fetched.length]).toEqual([[Status.Ok, Status.Unsupported, Status.Unsupported, Status.Unsupported], 1])
})

test('what ends beyond the device, has no blocks, no memory or is of no unit fails, as does writing to what cannot be written', async () => {
  const bench = await running(block => { block.features |= Feature.ReadOnly })
  const parts = [{ physical: bench.memory.page(), bytes: 512 }]
  const ids = ([[0, 8192n, 1], [0, 8191n, 2], [0, 0xffff_ffff_ffff_ffffn, 1], [0, 0n, 0], [1, 0n, 1], [0xffffffff, 0n, 1]] as const).map(([unit, block, blocks]) => bench.ask(Operation.Read, unit, block, blocks, parts))
  ids.push(bench.ask(Operation.Read, 0, 0, 1), bench.ask(Operation.Write, 0, 0, 1, parts))
  bench.settle()
  expect(statuses(bench, ids)).toEqual(ids.map(() => Status.Failed))
})

test.each([[4, 4], [5, 4], [64, 64], [256, 128], [32768, 128]])('a queue of %i entries wraps, is filled and never overrun', async (queueLimit, room) => {
  const bench = await running(block => { block.queueLimit = queueLimit })
  const data = fill(bench.block)
  const reads = Array.from({ length: 1000 }, (_, block) => {
    const parts = [{ physical: bench.memory.page(), bytes: 512 }]
    return { block, parts, id: bench.ask(Operation.Read, 0, block, 1, parts) }
  })
  const { notifications } = bench.block
  bench.driver.submit()
  expect([bench.taken.size, bench.block.notifications]).toEqual([room, notifications + 1])
  for (let turn = 0; bench.completed.length < 1000; turn++) {
    bench.block.fetch()
    const { pending } = bench.block
    bench.block.carryOut(pending.splice(turn * 7 % pending.length, 1)[0])
    bench.driver.interrupt()
  }
  for (const { id, block, parts } of reads) {
    expect(bench.status(id)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(512 * block, 512 * block + 512))).toBe(true)
  }
  expect(bench.block.violations).toEqual([])
})

test('the indices of the rings go round', async () => {
  const bench = await running()
  for (let round = 0; round < 700; round++) {
    const ids = Array.from({ length: 100 }, () => bench.ask(Operation.Flush, 0, 0, 0))
    bench.settle()
    expect(statuses(bench, ids)).toEqual(ids.map(() => 0))
    bench.completed.length = 0
  }
  expect(bench.block.flushes).toBe(70_000)
})

test('it grows while it works: it is announced again, and its new blocks can be read', async () => {
  const bench = await running()
  const ids = read(bench, 3)
  bench.driver.submit()
  bench.block.data = Buffer.concat([bench.block.data, Buffer.alloc(1 << 20)])
  bench.block.generation++
  bench.block.work()
  bench.driver.interrupt()
  const beyond = bench.ask(Operation.Read, 0, 9000, 1, [{ physical: bench.memory.page(), bytes: 512 }])
  bench.settle()
  expect([...statuses(bench, ids), bench.status(beyond), bench.units.get(0)!.blocks, bench.announcements]).toEqual([0, 0, 0, 0, 10240n, 2])
})

describe('it cannot be used', () => {
  const structures: [reason: string, change: (block: VirtioBlock) => void][] = [
    ['it has no registers as virtio 1.0 has them', block => { block.structures = [] }],
    ['it has no registers as virtio 1.0 has them', block => { block.structures[1][2] = 0x3fe0 }],
    ['it has no registers as virtio 1.0 has them', block => { block.structures[1][1] = 9 }],
    ['it has no registers as virtio 1.0 has them', block => { block.structures[1][2] = 2 }],
    ['it cannot be notified', block => { block.structures[4][3] = 0 }],
    ['it has no configuration', block => { block.structures[3][1] = 2 }],
  ]
  test.each(structures)('%s', async (reason, change) => {
    const bench = await virtioBlock(change)
    expect(bench.start()).toBe(1)
    expect(bench.log).toEqual([reason])
    const id = bench.ask(Operation.Flush, 0, 0, 0)
    bench.driver.submit()
    bench.driver.interrupt()
    bench.driver.deadline()
    expect(bench.status(id)).toBe(Status.Failed)
  })

  const refusals: [reason: string, change: (block: VirtioBlock) => void][] = [
    ['it no longer answers', block => { block.gone = true }],
    ['it is older than virtio 1.0', block => { block.features &= ~Feature.Version1 }],
    ['it does not agree upon what it offers', block => { block.agrees = false }],
    ['its queue is too short', block => { block.queueLimit = 0 }],
    ['its queue is too short', block => { block.queueLimit = 3 }],
    ['it has no message to send', block => { block.hasMessages = false }],
    ['its queue cannot be notified', block => { block.notifyOffset = 0x400 }],
    ['its blocks are not of 512 to 4096 bytes', block => { block.blockBytes = 1000 }],
    ['its blocks are not of 512 to 4096 bytes', block => { block.blockBytes = 8192 }],
    ['its requests have no room for a block', block => { block.segMax = 0 }],
    ['its requests have no room for a block', block => Object.assign(block, { features: block.features | Feature.SizeMax, sizeMax: 1 })],
    ['it does not end its reset', block => Object.assign(block, { resetEnds: false, status: 15 })],
  ]
  test.each(refusals)('%s', async (reason, change) => {
    const bench = await virtioBlock(change)
    bench.start()
    bench.live(2 * second, 1_000_000)
    expect([bench.log, bench.units.size]).toEqual([[`${reason}: it is given up`], 0])
    const id = bench.ask(Operation.Flush, 0, 0, 0)
    bench.driver.submit()
    expect(bench.status(id)).toBe(Status.Failed)
    const { arms } = bench
    bench.live(100 * second)
    expect(bench.arms).toBe(arms)
  })

  test('it never answers', async () => {
    const bench = await virtioBlock(block => { block.fault = () => 'lost' })
    bench.start()
    bench.live(60 * second, 100_000_000)
    expect(bench.log).toEqual([...Array(4).fill('it does not answer: it is reset; its status is Fh'), 'it was reset in vain: it is given up'])
  })
})

describe('a command fails', () => {
  test.each([[1, Status.Failed, 3, 'read of block 8 and on failed: the device says so'], [2, Status.Unsupported, 1, undefined]])('with status %i: %i, after %i tries', async (status, ended, tries, line) => {
    const bench = await running()
    const isIt = (command: Command) => isTransfer(command) && command.sector === 8n
    bench.block.fault = command => isIt(command) ? status : undefined
    const ids = read(bench, 3)
    bench.settle()
    expect([statuses(bench, ids), bench.log[1], bench.block.fetched.filter(isIt).length]).toEqual([[0, ended, 0], line, tries])
  })

  test('one that is lost has the device reset after 40 seconds, and all are given again', async () => {
    const bench = await running()
    bench.block.fault = command => bench.block.resets === 1 && isTransfer(command) ? 'lost' : undefined
    const ids = read(bench, 200)
    bench.settle()
    bench.live(38 * second)
    expect([bench.block.resets, bench.completed.length]).toEqual([1, 0])
    bench.live(4 * second)
    expect(statuses(bench, ids)).toEqual(Array(200).fill(0))
    expect([bench.block.resets, bench.announcements, bench.log[1], bench.block.violations]).toEqual([2, 1, 'a command takes too long: it is reset; its status is Fh', []])
  })

  test('one that is always lost fails, the others do not', async () => {
    const bench = await running()
    bench.block.fault = command => isTransfer(command) && command.sector === 8n ? 'lost' : undefined
    const ids = read(bench, 3)
    bench.settle()
    for (let round = 0; round < 130; round++) {
      ids.push(bench.ask(Operation.Read, 0, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }]))
      bench.settle()
      bench.live(second)
    }
    expect(statuses(bench, ids)).toEqual(ids.map((_, index) => index === 1 ? Status.Failed : Status.Ok))
    expect(bench.log.at(-1)).toBe('read of block 8 and on failed: the device did not carry it out in many tries')
  })

  test('a message that was lost costs a second', async () => {
    const bench = await running()
    const ids = read(bench, 3)
    bench.driver.submit()
    bench.block.work()
    bench.pass(1.1 * second)
    expect([statuses(bench, ids), bench.block.resets]).toEqual([[0, 0, 0], 1])
  })
})

describe('the device fails at work', () => {
  const failures: [line: string, fail: (block: VirtioBlock) => void][] = [
    ['it asks to be reset: it is reset; its status is 4Fh', block => { block.status |= 64 }],
    ['it has stopped by itself: it is reset; its status is 0h', block => { block.status = 0 }],
    ['it completed what it was not given: it is reset; its status is Fh', block => block.post(9)],
    ['it completed what it was not given: it is reset; its status is Fh', block => block.post(0xffffffff)],
    ['it completed what it was not given: it is reset; its status is Fh', block => block.setUsed(block.used + 1000)],
    ['it completed what it was not given: it is reset; its status is Fh', block => block.setUsed(block.used - 1)],
    ['its configuration does not hold still: it is reset; its status is Fh', block => {
      let reads = 0
      Object.defineProperty(block, 'generation', { get: () => block.resets === 1 ? ++reads & 0xff : 0 })
    }],
  ]
  test.each(failures)('%s', async (line, fail) => {
    const bench = await running()
    const ids = read(bench, 5)
    bench.driver.submit()
    fail(bench.block)
    bench.driver.interrupt()
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual(Array(5).fill(0))
    expect([bench.log[1], bench.block.resets]).toEqual([line, 2])
  })

  test('it is gone', async () => {
    const bench = await running()
    const ids = read(bench, 200)
    bench.driver.submit()
    bench.block.gone = true
    bench.pass(2 * second)
    expect(statuses(bench, ids)).toEqual(Array(200).fill(Status.Failed))
    expect([bench.log.at(-1), bench.units.size, bench.armed]).toEqual(['it no longer answers: it is given up', 0, 0n])
  })

  test('it does not end its reset: the driver ends itself and completes nothing, since memory may still be written', async () => {
    const bench = await running()
    read(bench, 10)
    bench.driver.submit()
    bench.block.status |= 64
    bench.block.resetEnds = false
    bench.driver.interrupt()
    expect(() => bench.pass(4 * second)).toThrow('the device does not stop')
    expect([bench.completed.length, bench.taken.size]).toEqual([0, 10])
  })

  test.each([['of another serial number', (block: VirtioBlock) => { block.serial = 'OTHER' }], ['with blocks of another size', (block: VirtioBlock) => { block.blockBytes = 4096 }]])('after the reset it is one %s: what was under way fails', async (_, change) => {
    const bench = await running()
    const ids = read(bench, 5)
    bench.driver.submit()
    bench.block.status |= 64
    change(bench.block)
    bench.driver.interrupt()
    bench.live(second)
    expect(statuses(bench, ids)).toEqual(Array(5).fill(Status.Failed))
    expect([bench.units.size, bench.announcements]).toEqual([1, 2])
  })

  test('after the reset its queue is shorter: it is given up', async () => {
    const bench = await running()
    const ids = read(bench, 5)
    bench.driver.submit()
    bench.block.status |= 64
    bench.block.queueLimit = 16
    bench.driver.interrupt()
    bench.live(second)
    expect(statuses(bench, ids)).toEqual(Array(5).fill(Status.Failed))
    expect(bench.log.at(-1)).toBe('its queue is another than before: it is given up')
  })
})
