/** The NVMe driver with a controller as the specification describes it. */
import { expect, test } from 'vitest'
import { offsetsOf } from '../offsets.ts'
import { Operation, Status, type Part } from './bench.ts'
import { nvme, type Controller, type NvmeBench } from './nvme.ts'

/** A running driver. */
async function running(change: (controller: Controller) => void = () => {}): Promise<NvmeBench> {
  const bench = await nvme(change)
  expect(bench.start()).toBe(0)
  expect(bench.controller.violations).toEqual([])
  return bench
}

/** Bytes that tell where they belong. */
function pattern(bytes: number, seed = 0): Buffer { return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7 + (index >> 8) * 13 + seed) & 0xff)) }

/** Fills a namespace with a pattern. */
function fill(controller: Controller, number = 1): Buffer {
  const { data } = controller.namespaces.get(number)!
  pattern(data.length).copy(data)
  return data
}

/** What a request's parts hold. */
function gather(bench: NvmeBench, parts: Part[]): Buffer { return Buffer.concat(parts.map(({ physical, bytes }) => bench.memory.read(physical, bytes))) }

test('a controller is reset, enabled and asked, and its namespace announced', async () => {
  const bench = await running()
  expect([...bench.units]).toEqual([[0, { blocks: 2048n, blockBytes: 512, physicalBlockBytes: 512, maxBlocks: 2048, readOnly: 0, canDiscard: 1, serial: 'TEST0001' }]])
  expect(bench.log).toEqual(['Fake NVMe TEST0001 works; namespaces: 1, queue pairs: 2'])
})

test('many namespaces, each with its blocks, its serial number and its attributes', async () => {
  const bench = await running(controller => {
    controller.maximumTransfer = 5
    controller.optional = 0x04
    controller.namespaces = new Map([
      [1, { blockBytes: 512, data: Buffer.alloc(1 << 16) }],
      [3, { blockBytes: 4096, data: Buffer.alloc(1 << 18), writeProtected: true }],
      [12, { blockBytes: 1024, data: Buffer.alloc(1 << 17), granularity: 8 }],
    ])
  })
  const common = { canDiscard: 0 }
  expect([...bench.units.values()]).toEqual([
    { ...common, blocks: 128n, blockBytes: 512, physicalBlockBytes: 512, maxBlocks: 256, readOnly: 0, serial: 'TEST0001' },
    { ...common, blocks: 64n, blockBytes: 4096, physicalBlockBytes: 4096, maxBlocks: 32, readOnly: 1, serial: 'TEST0001-3' },
    { ...common, blocks: 128n, blockBytes: 1024, physicalBlockBytes: 8192, maxBlocks: 128, readOnly: 0, serial: 'TEST0001-12' },
  ])
  for (const [unit, number] of [[0, 1], [1, 3], [2, 12]]) {
    const data = fill(bench.controller, number)
    const parts = [{ physical: bench.memory.page(), bytes: 4096 }]
    const { blockBytes } = bench.units.get(unit)!
    const id = bench.ask(Operation.Read, unit, 8, 4096 / blockBytes, parts)
    bench.settle()
    expect(bench.status(id)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(8 * blockBytes, 8 * blockBytes + 4096))).toBe(true)
  }
})

test('16 namespaces are announced, the others are mentioned', async () => {
  const bench = await running(controller => {
    for (let number = 2; number <= 20; number++) controller.namespaces.set(number, { blockBytes: 512, data: Buffer.alloc(512) })
  })
  expect(bench.units.size).toBe(16)
  expect(bench.log).toContain('it has more than 16 namespaces; the others are left alone')
})

test('a controller without a list of active namespaces has all that it counts', async () => {
  const bench = await running(controller => {
    controller.namespaces.set(2, { blockBytes: 512, data: Buffer.alloc(512) })
    controller.fault = ({ queue, opcode, entry }) => queue === 0 && opcode === 6 && entry[40] === 2 ? 0x4002 : undefined
  })
  expect(bench.units.size).toBe(2)
})

test('formats that cannot be used are refused with the reason', async () => {
  const bench = await running(controller => {
    controller.namespaces = new Map([
      [1, { blockBytes: 512, data: Buffer.alloc(4096), metadataBytes: 8 }],
      [2, { blockBytes: 8192, data: Buffer.alloc(8192) }],
      [3, { blockBytes: 512, data: Buffer.alloc(4096) }],
    ])
  })
  expect([...bench.units.values()].map(({ serial }) => serial)).toEqual(['TEST0001-3'])
  expect(bench.log.slice(0, 2)).toEqual([
    'namespace 1 is formatted with metadata, which is not supported',
    'namespace 2 has blocks that are not of 512 to 4096 bytes',
  ])
})

/** Layouts of memory: what lies next to what, in bytes; a new page, or run of pages, each. */
const layouts: [name: string, parts: (bench: NvmeBench) => Part[]][] = [
  ['a block', ({ memory }) => [{ physical: memory.page(), bytes: 512 }]],
  ['a block at the end of a page', ({ memory }) => [{ physical: memory.page() + 3584n, bytes: 512 }]],
  ['a page', ({ memory }) => [{ physical: memory.page(), bytes: 4096 }]],
  ['a page that begins within one', ({ memory }) => [{ physical: memory.run(2) + 512n, bytes: 4096 }]],
  ['a page of two halves', ({ memory }) => [{ physical: memory.page() + 2048n, bytes: 2048 }, { physical: memory.page(), bytes: 2048 }]],
  ['two pages', ({ memory }) => [{ physical: memory.page(), bytes: 4096 }, { physical: memory.page(), bytes: 4096 }]],
  ['two pages and a block', ({ memory }) => [{ physical: memory.run(3), bytes: 8704 }]],
  ['three pages, the first and last in part', ({ memory }) => [{ physical: memory.page() + 1024n, bytes: 3072 }, { physical: memory.page(), bytes: 4096 }, { physical: memory.page(), bytes: 512 }]],
  ['runs of pages', ({ memory }) => [{ physical: memory.run(5) + 3584n, bytes: 512 + 4 * 4096 }, { physical: memory.run(3), bytes: 3 * 4096 }, { physical: memory.run(2), bytes: 4608 }]],
  ['256 pages, all apart', ({ memory }) => Array.from({ length: 256 }, () => ({ physical: memory.page(), bytes: 4096 }))],
  ['1 MiB that begins and ends within a page', ({ memory }) => [{ physical: memory.run(257) + 4n, bytes: 1 << 20 }]],
]

for (const sgl of [0, 1, 2]) {
  test.each(layouts)(`reads and writes %s${['', ', with SGLs', ', with SGLs of multiples of 4'][sgl]}`, async (_, layout) => {
    const bench = await running(controller => {
      controller.namespaces = new Map([[1, { blockBytes: 512, data: Buffer.alloc(2 << 20) }]])
      controller.sgl = sgl
    })
    const data = fill(bench.controller)
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
    expect(bench.controller.violations).toEqual([])
    // A layout that PRPs can describe is one command.
    expect(bench.controller.fetched.filter(({ queue }) => queue !== 0).length).toBe(2)
  })
}

/** What PRPs cannot say: parts that begin and end within pages. */
const gaps: Part['bytes'][] = [512, 1024, 512, 4096, 1536, 512]
function gapped(bench: NvmeBench): Part[] { return gaps.map((bytes, index) => ({ physical: bench.memory.run(2) + BigInt(512 * (index % 5)), bytes })) }

test('memory with gaps is read and written piece by piece', async () => {
  const bench = await running()
  const data = fill(bench.controller)
  const parts = gapped(bench)
  const id = bench.ask(Operation.Read, 0, 1, 16, parts)
  const write = bench.ask(Operation.Write, 0, 100, 16, gapped(bench))
  bench.settle()
  expect([bench.status(id), bench.status(write)]).toEqual([Status.Ok, Status.Ok])
  expect(gather(bench, parts).equals(data.subarray(512, 512 * 17))).toBe(true)
  expect(data.subarray(51200, 51200 + 8192).every(byte => byte === 0)).toBe(true)
  expect(bench.controller.violations).toEqual([])
})

test('and as a whole by a controller that takes SGLs, down to the byte', async () => {
  const bench = await running(controller => { controller.sgl = 1 })
  const data = fill(bench.controller)
  const parts = [{ physical: bench.memory.page() + 3n, bytes: 100 }, { physical: bench.memory.page() + 77n, bytes: 412 }, ...gapped(bench)]
  const id = bench.ask(Operation.Read, 0, 1, 17, parts)
  bench.settle()
  expect(bench.status(id)).toBe(Status.Ok)
  expect(gather(bench, parts).equals(data.subarray(512, 512 * 18))).toBe(true)
  expect(bench.controller.fetched.filter(({ queue }) => queue !== 0).length).toBe(1)
  expect(bench.controller.violations).toEqual([])
})

test.each([0, 2])('what neither PRPs nor SGLs can say fails, and it is said (SGLS %i)', async sgl => {
  const bench = await running(controller => { controller.sgl = sgl })
  const odd = bench.ask(Operation.Read, 0, 0, 1, [{ physical: bench.memory.page() + 3n, bytes: 512 }])
  const split = bench.ask(Operation.Read, 0, 0, 1, [{ physical: bench.memory.page() + 8n, bytes: 102 }, { physical: bench.memory.page() + 8n, bytes: 410 }])
  const short = bench.ask(Operation.Read, 0, 0, 2, [{ physical: bench.memory.page(), bytes: 512 }])
  const nothing = bench.ask(Operation.Write, 0, 0, 0)
  bench.settle()
  expect([odd, split, short, nothing].map(id => bench.status(id))).toEqual(Array(4).fill(Status.Failed))
  expect(bench.log).toContain('the memory of a request lies so that the controller cannot be told of it')
  expect(bench.controller.violations).toEqual([])
})

test('a transfer that is more than MDTS is done in parts', async () => {
  const bench = await running(controller => { controller.maximumTransfer = 1 })
  const data = fill(bench.controller)
  const parts = [{ physical: bench.memory.run(6) + 512n, bytes: 5 * 4096 }]
  const id = bench.ask(Operation.Read, 0, 0, 40, parts)
  bench.settle()
  expect(bench.units.get(0)!.maxBlocks).toBe(16)
  expect(bench.status(id)).toBe(Status.Ok)
  expect(gather(bench, parts).equals(data.subarray(0, 5 * 4096))).toBe(true)
  expect(bench.controller.violations).toEqual([])
})

test('flushes reach a controller with a volatile cache, and need not reach another', async () => {
  const cached = await running()
  const flush = cached.ask(Operation.Flush, 0, 0, 0)
  cached.settle()
  expect([cached.status(flush), cached.controller.flushes]).toEqual([Status.Ok, 1])
  const plain = await running(controller => { controller.writeCache = false })
  const idle = plain.ask(Operation.Flush, 0, 0, 0)
  plain.driver.submit()
  expect([plain.status(idle), plain.controller.submissionDoorbells]).toEqual([Status.Ok, 0])
})

test('blocks are deallocated and zeroed, more than one command can zero too', async () => {
  const bench = await running(controller => { controller.namespaces = new Map([[1, { blockBytes: 512, data: Buffer.alloc(80 << 20, 1) }]]) })
  const { data } = bench.controller.namespaces.get(1)!
  const discard = bench.ask(Operation.Discard, 0, 5, 3)
  const zero = bench.ask(Operation.WriteZeroes, 0, 10, 140_000)
  bench.settle()
  expect([bench.status(discard), bench.status(zero)]).toEqual([Status.Ok, Status.Ok])
  const at = (block: number) => data[512 * block]
  expect([4, 5, 7, 8, 9, 10, 65545, 65546, 140_009, 140_010].map(at)).toEqual([1, 0xde, 0xde, 1, 1, 0, 0, 0, 0, 1])
})

test('what the controller does not offer is unsupported', async () => {
  const bench = await running(controller => { controller.optional = 0 })
  const ids = [bench.ask(Operation.Discard, 0, 5, 3), bench.ask(Operation.WriteZeroes, 0, 5, 3), bench.ask(77, 0, 5, 3)]
  bench.settle()
  expect(ids.map(id => bench.status(id))).toEqual(Array(3).fill(Status.Unsupported))
  expect(bench.controller.submissionDoorbells).toBe(0)
})

test('units that are not there fail', async () => {
  const bench = await running()
  const ids = [1, 15, 16, 0xffffffff].map(unit => bench.ask(Operation.Read, unit, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }]))
  bench.settle()
  expect(ids.map(id => bench.status(id))).toEqual(Array(4).fill(Status.Failed))
})

test.each([2, 3, 64, 1024])('queues of %i entries wrap, are filled and never overrun', async entries => {
  const bench = await running(controller => { controller.entries = entries })
  const data = fill(bench.controller)
  const room = 2 * (Math.min(entries, 64) - 1)
  const reads: [id: number, block: number, parts: Part[]][] = []
  for (let index = 0; index < 1000; index++) {
    const parts = [{ physical: bench.memory.page(), bytes: 512 }]
    reads.push([bench.ask(Operation.Read, 0, index, 1, parts), index, parts])
  }
  bench.driver.submit()
  expect(bench.taken.size).toBe(room)
  expect(bench.controller.submissionDoorbells).toBe(2)
  while (bench.controller.work()) {
    bench.driver.interrupt()
    expect(bench.taken.size).toBe(Math.min(room, 1000 - bench.completed.length))
  }
  for (const [id, block, parts] of reads) {
    expect(bench.status(id)).toBe(Status.Ok)
    expect(gather(bench, parts).equals(data.subarray(512 * block, 512 * block + 512))).toBe(true)
  }
  expect(bench.controller.violations).toEqual([])
})

test('completions out of order are told apart, and doorbells are rung once for each batch', async () => {
  const bench = await running()
  const ids = Array.from({ length: 32 }, (_, index) => bench.ask(Operation.Read, 0, index, 1, [{ physical: bench.memory.page(), bytes: 512 }]))
  bench.driver.submit()
  bench.controller.fetch()
  bench.controller.pending.reverse()
  bench.controller.work()
  bench.driver.interrupt()
  expect(bench.completed).toEqual([...ids].reverse().map(id => ({ id, status: Status.Ok })))
  expect([bench.controller.submissionDoorbells, bench.controller.completionDoorbells]).toEqual([1, 1])
})

test('a second is armed while commands are under way, not for each', async () => {
  const bench = await running()
  bench.arms = 0
  for (let round = 0; round < 100; round++) {
    for (let index = 0; index < 10; index++) bench.ask(Operation.Read, 0, index, 1, [{ physical: bench.memory.page(), bytes: 512 }])
    bench.settle()
  }
  expect(bench.arms).toBe(1)
  bench.pass(10_000_000_000)
  expect([bench.arms, bench.armed]).toEqual([1, 0n])
})

test('one queue pair, doorbells far apart and a small memory of registers do as well', async () => {
  const single = await running(controller => { controller.queues = 1 })
  expect(single.log).toEqual(['Fake NVMe TEST0001 works; namespaces: 1, queue pairs: 1'])
  const apart = await running(controller => {
    controller.stride = 10
    controller.bar = 0x1000 + 4 * 4096
  })
  expect(apart.log).toEqual(['Fake NVMe TEST0001 works; namespaces: 1, queue pairs: 1'])
  for (const bench of [single, apart]) {
    const ids = Array.from({ length: 100 }, () => bench.ask(Operation.Read, 0, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }]))
    bench.settle()
    expect(ids.every(id => bench.status(id) === Status.Ok)).toBe(true)
    expect(bench.controller.violations).toEqual([])
  }
})

test('a submission queue entry lies as the specification has it', async () => {
  expect(await offsetsOf('drivers/nvme/commands', 'Submission', ['command', 'namespace', 'metadata', 'data1', 'data2', 'cdw10', 'cdw11', 'cdw12', 'cdw13', 'cdw14', 'cdw15'])).toEqual({
    size: 64, command: 0, namespace: 4, metadata: 16, data1: 24, data2: 32, cdw10: 40, cdw11: 44, cdw12: 48, cdw13: 52, cdw14: 56, cdw15: 60,
  })
})
