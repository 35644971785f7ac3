/** The NVMe driver with controllers that are broken, or mean harm. */
import { describe, expect, test } from 'vitest'
import { Operation, Status } from './bench.ts'
import { Code, nvme, type Command, type Controller, type NvmeBench } from './nvme.ts'

const second = 1_000_000_000

async function running(change: (controller: Controller) => void = () => {}): Promise<NvmeBench> {
  const bench = await nvme(change)
  expect(bench.start()).toBe(0)
  return bench
}

/** Reads of `count` pages, each of which says where it was read from. */
function read(bench: NvmeBench, count: number): number[] {
  const { data } = bench.controller.namespaces.get(1)!
  return Array.from({ length: count }, (_, index) => {
    data.fill(index + 1, 4096 * index, 4096 * index + 4096)
    return bench.ask(Operation.Read, 0, 8 * index, 8, [{ physical: bench.memory.page(), bytes: 4096 }])
  })
}

function statuses(bench: NvmeBench, ids: number[]) { return ids.map(id => bench.status(id)) }

const isIo = ({ queue }: Command) => queue !== 0

describe('starting', () => {
  test('a controller that never becomes ready is given up in its own time', async () => {
    const bench = await nvme(controller => { controller.becomesReady = false })
    expect(bench.start()).toBe(0)
    const id = read(bench, 1)[0]
    bench.driver.submit()
    bench.live(2 * second)
    expect([bench.status(id), bench.log]).toEqual([undefined, ['it does not become ready: it is reset; CSTS is 0h', 'it does not become ready: it is reset; CSTS is 0h']])
    bench.live(2 * second)
    expect(bench.log.slice(2)).toEqual(['it does not become ready: it is reset; CSTS is 0h', 'it was reset in vain: it is given up'])
    bench.driver.submit()
    expect(bench.status(id)).toBe(Status.Failed)
    const { arms } = bench
    bench.live(100 * second)
    expect(bench.arms).toBe(arms)
  })

  test('one that is slow works when it is ready', async () => {
    const bench = await nvme(controller => {
      controller.timeout = 20
      controller.becomesReady = false
    })
    expect(bench.start()).toBe(0)
    const ids = read(bench, 3)
    bench.driver.submit()
    bench.live(7 * second)
    bench.controller.status = 1
    bench.live(second, 1_000_000)
    expect(statuses(bench, ids)).toEqual([0, 0, 0])
  })

  test('one that was enabled before is stopped first; one that does not stop is given up', async () => {
    const left = await running(controller => {
      controller.configuration = 0x460001
      controller.status = 1
    })
    expect(left.controller.resets).toBe(1)
    const stuck = await nvme(controller => {
      controller.configuration = 0x460001
      controller.status = 1
      controller.stops = false
    })
    expect(stuck.start()).toBe(0)
    stuck.live(2 * second)
    expect(stuck.log).toEqual(['it does not stop: it is given up'])
  })

  const unusable: [reason: string, change: (controller: Controller) => void][] = [
    ['it does not answer', controller => { controller.gone = true }],
    ['it has no NVM command set', controller => { controller.commandSets = 0x80 }],
    ['it does not work with pages of 4 KiB', controller => { controller.smallestPage = 1 }],
    ['its queues are too short', controller => { controller.entries = 1 }],
    ['its registers do not fit into its memory', controller => { controller.bar = 0 }],
    ['its registers do not fit into its memory', controller => { controller.bar = 0x100c }],
    ['its registers do not fit into its memory', controller => { controller.stride = 15 }],
  ]
  test.each(unusable)('%s', async (reason, change) => {
    const bench = await nvme(change)
    expect(bench.start()).toBe(1)
    expect(bench.log).toEqual([reason])
    const id = bench.ask(Operation.Flush, 0, 0, 0)
    bench.driver.submit()
    bench.driver.interrupt()
    bench.driver.deadline()
    expect(bench.status(id)).toBe(Status.Failed)
  })

  const refusals: [name: string, opcode: number, reason: string][] = [
    ['Identify', 0x06, 'it does not identify itself: status 6h'],
    ['Set Features', 0x09, 'it gives no I/O queues: status 6h'],
    ['Create I/O Completion Queue', 0x05, 'it creates no completion queue: status 6h'],
    ['Create I/O Submission Queue', 0x01, 'it creates no submission queue: status 6h'],
  ]
  test.each(refusals)('a controller that refuses %s is given up', async (_, opcode, reason) => {
    const bench = await nvme(controller => { controller.fault = command => command.opcode === opcode && command.queue === 0 ? Code.InternalError : undefined })
    expect(bench.start()).toBe(1)
    expect(bench.log).toEqual([reason, reason, reason, 'it was reset in vain: it is given up'])
  })

  test('one that does not answer is given up', async () => {
    const bench = await nvme(controller => { controller.fault = () => 'lost' })
    expect(bench.start()).toBe(0)
    bench.live(40 * second)
    expect(bench.log).toEqual([...Array(3).fill('it does not answer: it is reset; CSTS is 1h'), 'it was reset in vain: it is given up'])
  })

  test('one that answers what it was not asked is given up', async () => {
    const bench = await nvme()
    const complete = bench.controller.complete.bind(bench.controller)
    bench.controller.complete = (command, status, result) => complete({ ...command, identifier: command.identifier ^ 0x8000 }, status, result)
    expect(bench.start()).toBe(1)
    expect(bench.log[0]).toBe('it answered what it was not asked')
  })

  test('a fatal error on the way is a reset', async () => {
    const bench = await running(controller => {
      controller.fault = ({ opcode }) => {
        if (opcode !== 9 || controller.resets > 0) return undefined
        controller.status |= 2
        return 'lost'
      }
    })
    expect(bench.log).toEqual(['it reports a fatal error: it is reset; CSTS is 3h', 'Fake NVMe TEST0001 works; namespaces: 1, queue pairs: 2'])
  })

  const absurd: [name: string, what: number, change: (data: Buffer) => void, log: string[]][] = [
    ['entries of other sizes', 1, data => { data[512] = 0x77 }, Array(3).fill('its queues have no entries of 64 and 16 bytes')],
    ['all ones', 1, data => { data.fill(0xff) }, Array(3).fill('its queues have no entries of 64 and 16 bytes')],
    ['2^64 blocks', 0, data => { data.fill(0xff, 0, 8) }, ['namespace 1 claims to be larger than can be']],
    ['a format beyond the last', 0, data => { data[25] = 2 }, ['namespace 1 has a format that there is none of']],
    ['blocks of 2^255 bytes', 0, data => { data[128 + 14] = 255 }, ['namespace 1 has blocks that are not of 512 to 4096 bytes']],
    ['no blocks', 0, data => { data.fill(0) }, []],
    ['all ones', 0, data => { data.fill(0xff) }, ['namespace 1 is formatted with metadata, which is not supported']],
    ['itself in all places', 2, data => { for (let at = 0; at < 4096; at += 4) data.writeUInt32LE(1, at) }, []],
  ]
  test.each(absurd)('Identify with %s (CNS %i)', async (_, what, change, log) => {
    const bench = await nvme(controller => { controller.identified = (given, _namespace, data) => { if (given === what) change(data) } })
    bench.start()
    expect(bench.log.slice(0, log.length)).toEqual(log)
    expect(bench.units.size).toBe(what === 2 ? 1 : 0)
  })

  test('names are shown as far as they can be', async () => {
    const bench = await running(controller => {
      controller.identified = (what, _, data) => {
        if (what !== 1) return
        data.fill(0x1b, 4, 64)
        data.write('end', 21, 'latin1')
      }
    })
    expect(bench.units.get(0)!.serial).toBe('?????????????????end')
    expect(bench.log[0]).toBe(`${'?'.repeat(40)} ?????????????????end works; namespaces: 1, queue pairs: 2`)
  })

  test('more queues than were asked for, and a transfer of 2^255 pages, are taken for what can be', async () => {
    const bench = await running(controller => {
      controller.maximumTransfer = 255
      const complete = controller.complete.bind(controller)
      controller.complete = (command, status, result) => complete(command, status, command.opcode === 9 ? 0xffffffff : result)
    })
    expect([bench.units.get(0)!.maxBlocks, bench.log]).toEqual([2048, ['Fake NVMe TEST0001 works; namespaces: 1, queue pairs: 2']])
  })
})

describe('a command fails', () => {
  test.each([
    [Code.ReadError | Code.DoNotRetry, Status.Failed, 1, 'read of namespace 1, block 0 and on, failed: status 281h'],
    [Code.InvalidOpcode | Code.DoNotRetry, Status.Unsupported, 1, 'read of namespace 1, block 0 and on, failed: status 1h'],
    [Code.ReadError, Status.Failed, 5, 'read of namespace 1, block 0 and on, failed: status 281h'],
  ])('with status %i: %i, after %i tries', async (code, status, tries, line) => {
    const bench = await running()
    bench.controller.fault = command => isIo(command) ? code : undefined
    const [id] = read(bench, 1)
    bench.settle()
    expect([bench.status(id), bench.log.at(-1), bench.controller.fetched.filter(isIo).length]).toEqual([status, line, tries])
  })

  test('and is tried again until it succeeds', async () => {
    const bench = await running()
    let faults = 4
    bench.controller.fault = command => isIo(command) && faults-- > 0 ? Code.InternalError : undefined
    const [id] = read(bench, 1)
    bench.settle()
    expect(bench.status(id)).toBe(Status.Ok)
  })

  test.each([
    [Operation.Write, 'write'], [Operation.Flush, 'flush'], [Operation.Discard, 'deallocation'], [Operation.WriteZeroes, 'write of zeroes'],
  ])('operation %i is called %s', async (operation, name) => {
    const bench = await running()
    bench.controller.fault = command => isIo(command) ? Code.ReadError | Code.DoNotRetry : undefined
    bench.ask(operation, 0, 70_000_000_000, 1, [{ physical: bench.memory.page(), bytes: 512 }])
    bench.settle()
    expect(bench.log.at(-1)).toBe(`${name} of namespace 1, block 70000000000 and on, failed: status 281h`)
  })
})

describe('a command takes too long', () => {
  test('it is aborted, and given again', async () => {
    const bench = await running()
    let isLost = true
    bench.controller.fault = command => {
      if (!isIo(command) || !isLost) return undefined
      isLost = false
      return 'lost'
    }
    const ids = read(bench, 3)
    bench.settle()
    bench.live(28 * second)
    expect(statuses(bench, ids)).toEqual([undefined, 0, 0])
    bench.live(5 * second)
    expect(statuses(bench, ids)).toEqual([0, 0, 0])
    expect([bench.controller.resets, bench.controller.fetched.filter(({ queue, opcode }) => queue === 0 && opcode === 8).length]).toEqual([0, 1])
  })

  test('where that does not help the controller is reset', async () => {
    const bench = await running()
    bench.controller.fault = command => bench.controller.resets === 0 && (isIo(command) || command.opcode === 8) ? 'lost' : undefined
    const ids = read(bench, 100)
    bench.settle()
    bench.live(38 * second)
    expect([bench.controller.resets, bench.completed.length]).toEqual([0, 0])
    bench.live(4 * second)
    expect(statuses(bench, ids)).toEqual(Array(100).fill(0))
    expect(bench.log.filter(line => line.startsWith('a command takes too long'))).toEqual(['a command takes too long: it is reset; CSTS is 1h'])
  })

  test('and where that does not help either, the controller is given up', async () => {
    const bench = await running()
    bench.controller.fault = command => isIo(command) ? 'lost' : undefined
    const ids = read(bench, 100)
    bench.settle()
    bench.live(200 * second)
    expect([bench.log.at(-1), bench.units.size]).toEqual(['it was reset in vain: it is given up', 0])
    bench.driver.submit()
    expect(statuses(bench, ids)).toEqual(Array(100).fill(Status.Failed))
  })

  test('one that always does fails in the end, the others do not', async () => {
    const bench = await running()
    bench.controller.fault = command => isIo(command) && command.entry.readUInt32LE(40) === 8 ? 'lost' : undefined
    const ids = read(bench, 3)
    bench.settle()
    for (let round = 0; round < 200; round++) {
      ids.push(bench.ask(Operation.Read, 0, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }]))
      bench.settle()
      bench.live(second)
    }
    expect(statuses(bench, ids)).toEqual(ids.map((_, index) => index === 1 ? Status.Failed : Status.Ok))
    expect(bench.log).toContain('read of namespace 1, block 8 and on, failed: status 7h')
  })

  test('a message that was lost costs a second', async () => {
    const bench = await running()
    const ids = read(bench, 3)
    bench.driver.submit()
    bench.controller.work()
    bench.pass(1.1 * second)
    expect(statuses(bench, ids)).toEqual([0, 0, 0])
    expect(bench.controller.resets).toBe(0)
  })
})

describe('the controller fails at work', () => {
  const failures: [name: string, fail: (controller: Controller) => void, line: string][] = [
    ['a fatal error', controller => { controller.status |= 2 }, 'it reports a fatal error: it is reset; CSTS is 3h'],
    ['it stops by itself', controller => { controller.status = 0 }, 'it has stopped by itself: it is reset; CSTS is 0h'],
  ]
  test.each(failures)('%s: what was completed is not done again, what was not is', async (_, fail, line) => {
    const bench = await running()
    const ids = read(bench, 100)
    bench.driver.submit()
    bench.controller.fetch()
    const commands = bench.controller.pending.splice(0, 40)
    for (const command of commands) bench.controller.carryOut(command)
    fail(bench.controller)
    expect(bench.completed).toEqual([])
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual(Array(100).fill(0))
    expect(bench.log).toContain(line)
    expect([bench.controller.resets, bench.controller.fetched.filter(isIo).length, bench.controller.violations]).toEqual([1, 160, []])
  })

  test('it is gone', async () => {
    const bench = await running()
    const ids = read(bench, 200)
    bench.driver.submit()
    bench.controller.gone = true
    bench.pass(2 * second)
    expect(statuses(bench, ids)).toEqual(Array(200).fill(Status.Failed))
    expect([bench.log.at(-1), bench.units.size, bench.armed]).toEqual(['it no longer answers: it is given up', 0, 0n])
  })

  test('it does not stop: the driver ends itself and completes nothing, since memory may still be written', async () => {
    const bench = await running()
    read(bench, 10)
    bench.driver.submit()
    bench.controller.status |= 2
    bench.controller.stops = false
    expect(() => bench.pass(4 * second)).toThrow('the controller does not stop')
    expect([bench.completed.length, bench.taken.size, bench.log.at(-1)]).toEqual([0, 10, 'it does not stop: it is given up'])
  })

  test('after the reset a namespace is smaller, one is gone and one is new', async () => {
    const bench = await running(controller => { controller.namespaces.set(2, { blockBytes: 512, data: Buffer.alloc(1 << 16) }) })
    const ids = [0, 1].map(unit => bench.ask(Operation.Read, unit, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }]))
    bench.driver.submit()
    bench.controller.status |= 2
    bench.controller.namespaces = new Map([[1, { blockBytes: 512, data: Buffer.alloc(4096) }], [7, { blockBytes: 512, data: Buffer.alloc(8192) }]])
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual([Status.Ok, Status.Failed])
    expect([...bench.units].map(([unit, { blocks, serial }]) => [unit, blocks, serial])).toEqual([[0, 8n, 'TEST0001'], [2, 16n, 'TEST0001-7']])
  })

  test('after the reset blocks are of another size: what was under way fails', async () => {
    const bench = await running()
    const ids = read(bench, 5)
    bench.driver.submit()
    bench.controller.status |= 2
    bench.controller.namespaces.get(1)!.blockBytes = 4096
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual(Array(5).fill(Status.Failed))
    expect(bench.units.get(0)!.blockBytes).toBe(4096)
  })

  test('after the reset it is the same as before: nothing is announced again', async () => {
    const bench = await running()
    read(bench, 5)
    bench.driver.submit()
    bench.controller.status |= 2
    bench.live(3 * second)
    expect([bench.announcements, bench.completed.length]).toEqual([1, 5])
  })

  test('after the reset it has fewer queues: it is given up', async () => {
    const bench = await running()
    const ids = read(bench, 100)
    bench.driver.submit()
    bench.controller.status |= 2
    bench.controller.queues = 1
    bench.live(10 * second)
    expect(statuses(bench, ids)).toEqual(Array(100).fill(Status.Failed))
    expect(bench.log).toContain('it gives fewer queues than before')
  })
})

describe('a completion that should not be', () => {
  const hostile: [name: string, post: (controller: Controller, command: Command) => void][] = [
    ['for an identifier that is not under way', (controller, { identifier }) => controller.post(1, 0, 1 << 16, identifier & 0xff00 | 50, 0)],
    ['for one that there is not', (controller, { identifier }) => controller.post(1, 0, 1 << 16, identifier | 0xff, 0)],
    ['for the index of a command with another count', (controller, { identifier }) => controller.post(1, 0, 1 << 16, identifier ^ 0x4000, 0)],
    ['for another queue', (controller, { identifier }) => controller.post(1, 0, 2 << 16, identifier, 0)],
    ['twice', (controller, command) => {
      controller.complete(command, 0)
      controller.complete(command, 0)
    }],
  ]
  test.each(hostile)('%s', async (_, post) => {
    const bench = await running()
    const ids = read(bench, 10)
    bench.driver.submit()
    bench.controller.fetch()
    post(bench.controller, bench.controller.pending[0])
    bench.driver.interrupt()
    expect(bench.log.at(-1)).toBe('it completed what it was not given: it is reset; CSTS is 1h')
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual(Array(10).fill(0))
    expect([bench.controller.resets, bench.completed.length]).toEqual([1, 10])
  })

  test('does not cost those behind it, which are not done again', async () => {
    const bench = await running()
    const ids = read(bench, 10)
    bench.driver.submit()
    bench.controller.fetch()
    bench.controller.post(1, 0, 1 << 16, 0xffff, 0)
    for (const command of bench.controller.pending.splice(0, 6)) bench.controller.carryOut(command)
    bench.driver.interrupt()
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual(Array(10).fill(0))
    expect(bench.controller.fetched.filter(isIo).length).toBe(14)
  })

  test('of the other phase is none yet', async () => {
    const bench = await running()
    const ids = read(bench, 1)
    bench.driver.submit()
    bench.controller.fetch()
    const { base } = bench.controller.completions.get(1)!
    for (let entry = 0; entry < 256; entry++) bench.memory.write(base + BigInt(16 * entry), Buffer.alloc(16, 0xfe))
    for (let entry = 0; entry < 256; entry++) bench.memory.write(base + BigInt(16 * entry + 14), Buffer.from([0xfe]))
    bench.driver.interrupt()
    expect(bench.completed).toEqual([])
    bench.controller.work()
    bench.driver.interrupt()
    expect(statuses(bench, ids)).toEqual([0])
  })

  test('messages for nothing do nothing', async () => {
    const bench = await running()
    const { completionDoorbells } = bench.controller
    for (let count = 0; count < 1000; count++) bench.driver.interrupt()
    expect([bench.controller.completionDoorbells, bench.log.length]).toEqual([completionDoorbells, 1])
  })
})
