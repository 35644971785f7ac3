/** The AHCI driver with HBAs and devices that are broken, or mean harm. */
import { describe, expect, test } from 'vitest'
import { ahci, Failure, type AhciBench, type Command, type Hba } from './ahci.ts'
import { Operation, Status } from './bench.ts'

const second = 1_000_000_000

async function running(change: (hba: Hba) => void = () => {}): Promise<AhciBench> {
  const bench = await ahci(change)
  expect(bench.start()).toBe(0)
  return bench
}

/** Reads of `count` pages, each of which says where it was read from. */
function read(bench: AhciBench, count: number): number[] {
  const { data } = bench.hba.devices.get(0)!
  return Array.from({ length: count }, (_, index) => {
    data.fill(index + 1, 4096 * index, 4096 * index + 4096)
    return bench.ask(Operation.Read, 0, 8 * index, 8, [{ physical: bench.memory.page(), bytes: 4096 }])
  })
}

function statuses(bench: AhciBench, ids: number[]) { return ids.map(id => bench.status(id)) }

const isRead = ({ opcode }: Command) => opcode === 0x60 || opcode === 0x25
const isAt = (block: number) => (command: Command) => isRead(command) && command.block === block

describe('starting', () => {
  const unusable: [reason: string, change: (hba: Hba) => void][] = [
    ['it does not answer', hba => { hba.gone = true }],
    ['its registers do not fit into its memory', hba => { hba.bar = 0 }],
    ['its registers do not fit into its memory', hba => { hba.bar = 0x17f }],
    ['it does not reach memory above 4 GiB', hba => { hba.capabilities = 0x4000_1f05 }],
  ]
  test.each(unusable)('%s', async (reason, change) => {
    const bench = await ahci(change)
    expect(bench.start()).toBe(1)
    expect(bench.log).toEqual([reason])
    const id = bench.ask(Operation.Flush, 0, 0, 0)
    bench.driver.submit()
    bench.driver.interrupt()
    bench.driver.deadline()
    expect(bench.status(id)).toBe(Status.Failed)
  })

  test('an HBA that does not end its reset is given up', async () => {
    const bench = await ahci(hba => { hba.resetsEnd = false })
    bench.start()
    bench.live(2 * second)
    expect([bench.log, bench.announcements]).toEqual([['it does not end its reset: it is given up'], 1])
    const id = bench.ask(Operation.Read, 0, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }])
    bench.driver.submit()
    expect(bench.status(id)).toBe(Status.Failed)
  })

  test('a device that never becomes ready is given up, and nothing is armed any more', async () => {
    const bench = await running(hba => { hba.devices.get(0)!.isBusy = true })
    const id = read(bench, 1)[0]
    bench.driver.submit()
    bench.live(130 * second, 10_000_000)
    expect(bench.log.slice(1)).toEqual([...Array(4).fill('port 0 does not become ready: it is reset; PxTFD is 7Fh'), 'port 0 was reset in vain: its device is given up'])
    expect([bench.status(id), bench.armed]).toEqual([Status.Failed, 0n])
  })

  test('one that does not answer, or not what it is, is given up', async () => {
    const silent = await running(hba => { hba.fault = () => 'lost' })
    silent.live(60 * second, 10_000_000)
    expect([silent.log.at(1), silent.log.at(-1)]).toEqual(['port 0 does not answer: it is reset; PxTFD is 50h', 'port 0 was reset in vain: its device is given up'])
    const refusing = await running(hba => { hba.fault = () => Failure.Abort })
    expect([refusing.log.at(1), refusing.log.at(-1), refusing.log.length]).toEqual(['port 0 does not say what it is: it is reset; PxTFD is 451h', 'port 0 was reset in vain: its device is given up', 6])
  })

  const absurd: [name: string, change: (data: Buffer) => void, reason: string][] = [
    ['all ones', data => { data.fill(0xff) }, 'has no addresses of 48 bits'],
    ['nothing', data => { data.fill(0) }, 'has no addresses of 48 bits'],
    ['no blocks', data => { data.fill(0, 200, 208) }, 'has no size that can be'],
    ['2^64 blocks', data => { data.fill(0xff, 200, 208) }, 'has no size that can be'],
    ['blocks of 8 KiB', data => { data.writeUInt16LE(0x5000, 212); data.writeUInt32LE(4096, 234) }, 'has blocks that are not of 512 to 4096 bytes'],
    ['blocks of 1000 bytes', data => { data.writeUInt16LE(0x5000, 212); data.writeUInt32LE(500, 234) }, 'has blocks that are not of 512 to 4096 bytes'],
  ]
  test.each(absurd)('a disk that says of itself: %s', async (_, change, reason) => {
    const bench = await running(hba => { hba.devices.get(0)!.identified = change })
    expect([bench.log[1], bench.units.size]).toEqual([`port 0 ${reason}`, 0])
  })

  test('a disc whose blocks cannot be, and a device that nobody knows', async () => {
    const disc = await running(hba => Object.assign(hba.devices.get(0)!, { isPacket: true, blockBytes: 1000 }))
    expect(disc.log[1]).toBe('port 0 has a disc whose blocks are not of 512 to 4096 bytes')
    const multiplier = await running(hba => { hba.devices.get(0)!.signature = 0x96690101 })
    expect(multiplier.log[1]).toBe('port 0 has neither a disk nor a drive for discs, but what signs as 96690101h')
  })
})

describe('a command fails', () => {
  test.each([[32, 'queued', false], [0, 'not queued', false], [0, 'not queued, of QEMU 7.2', true]])('and is tried three times, the others are not harmed (depth %i: %s)', async (depth, _, clearsFailed) => {
    const bench = await running(hba => {
      hba.devices.get(0)!.depth = depth
      hba.clearsFailed = clearsFailed
    })
    bench.hba.fault = command => isAt(8)(command) ? Failure.Uncorrectable : undefined
    const ids = read(bench, 40)
    bench.settle()
    expect(statuses(bench, ids)).toEqual(ids.map((_, index) => index === 1 ? Status.Failed : Status.Ok))
    expect(bench.log.slice(2)).toEqual(['port 0: read of block 8 and on failed: status 51h, error 40h'])
    expect([bench.hba.fetched.filter(isAt(8)).length, bench.hba.linkResets, bench.hba.violations]).toEqual([3, 1, []])
  })

  test('among queued ones, of a device that does not say which: it is reset, and has one at a time', async () => {
    const bench = await running(hba => { hba.devices.get(0)!.hasLog = false })
    bench.hba.fault = command => isAt(80)(command) ? Failure.Uncorrectable : undefined
    const ids = read(bench, 40)
    bench.settle()
    bench.settle()
    expect(statuses(bench, ids)).toEqual(ids.map((_, index) => index === 10 ? Status.Failed : Status.Ok))
    expect(bench.log.slice(2)).toEqual(['port 0 does not say which of its queued commands failed: it is given one at a time', 'port 0: read of block 80 and on failed: status 51h, error 40h'])
    expect([bench.hba.linkResets, bench.units.size, bench.hba.violations]).toEqual([2, 1, []])
  })

  test('and is tried again until it succeeds', async () => {
    const bench = await running()
    let faults = 2
    bench.hba.fault = command => isRead(command) && faults-- > 0 ? Failure.Abort : undefined
    const ids = read(bench, 1)
    bench.settle()
    expect(statuses(bench, ids)).toEqual([Status.Ok])
  })

  test.each([[Operation.Write, 'write'], [Operation.Flush, 'flush'], [Operation.Discard, 'trim'], [Operation.WriteZeroes, 'write of zeroes']])('operation %i is called %s', async (operation, name) => {
    const bench = await running()
    bench.hba.fault = ({ opcode }) => opcode !== 0x2f ? Failure.Abort : undefined
    bench.ask(operation, 0, 7, 1, [{ physical: bench.memory.page(), bytes: 512 }])
    bench.settle()
    expect(bench.log.at(-1)).toBe(`port 0: ${name} of block 7 and on failed: status 51h, error 4h`)
  })

  test('a device that fails no command, or whatever it is given, has an end', async () => {
    const bench = await running()
    for (let count = 0; count < 50; count++) {
      bench.hba.failCommand({ port: 0, tag: 3, isQueued: false } as Command, Failure.Abort)
      bench.live(10_000_000)
    }
    expect([bench.log.at(-1), bench.units.size, bench.log.length]).toEqual(['port 0 is gone', 0, 8])
    expect(bench.log).toContain('port 0 reports an error of no command: it is reset; PxTFD is 451h')
  })
})

describe('a command takes too long', () => {
  test('its device is reset, and all are given again', async () => {
    const bench = await running()
    bench.hba.fault = command => isRead(command) && bench.hba.linkResets === 1 ? 'lost' : undefined
    const ids = read(bench, 100)
    bench.settle()
    bench.live(38 * second, second)
    expect([bench.hba.linkResets, bench.completed.length]).toEqual([1, 0])
    bench.live(3 * second)
    expect(statuses(bench, ids)).toEqual(Array(100).fill(0))
    expect(bench.log.slice(2)).toEqual(['port 0 takes too long for a command: it is reset; PxTFD is 50h'])
    expect([bench.announcements, bench.hba.violations]).toEqual([1, []])
  })

  test('one that always does fails, the others do not', async () => {
    const bench = await running()
    bench.hba.fault = command => isAt(8)(command) ? 'lost' : undefined
    const ids = read(bench, 10)
    bench.settle()
    bench.live(125 * second, 100_000_000)
    expect(statuses(bench, ids)).toEqual(ids.map((_, index) => index === 1 ? Status.Failed : Status.Ok))
    expect(bench.log.at(-1)).toBe('port 0: read of block 8 and on failed: the device did not carry it out in many tries')
    expect(bench.units.size).toBe(1)
  })

  test('a message that was lost costs a second', async () => {
    const bench = await running()
    const ids = read(bench, 3)
    bench.driver.submit()
    bench.hba.work()
    bench.pass(1.1 * second)
    expect(statuses(bench, ids)).toEqual([0, 0, 0])
    expect(bench.hba.linkResets).toBe(1)
  })
})

describe('the HBA fails at work', () => {
  test.each([27, 28, 29])('a fatal error (PxIS bit %i): what was completed is not done again, what was not is', async bit => {
    const bench = await running()
    const ids = read(bench, 32)
    bench.driver.submit()
    bench.hba.fetch()
    const before = bench.hba.fetched.length
    for (const command of bench.hba.ports[0].pending.splice(0, 12)) bench.hba.carryOut(command)
    bench.hba.cause(0, 2 ** bit)
    bench.driver.interrupt()
    bench.live(100_000_000)
    expect(statuses(bench, ids)).toEqual(Array(32).fill(0))
    expect([bench.hba.linkResets, bench.hba.fetched.slice(before).filter(isRead).length, bench.hba.violations]).toEqual([2, 20, []])
  })

  test('a port does not let go of its commands: the HBA is reset, and nothing is completed before', async () => {
    const bench = await running(hba => hba.devices.set(3, { data: Buffer.alloc(1 << 20) }))
    const ids = read(bench, 10)
    const other = bench.ask(Operation.Read, 3, 0, 1, [{ physical: bench.memory.page(), bytes: 512 }])
    bench.driver.submit()
    bench.hba.stops = false
    bench.hba.cause(0, 2 ** 29)
    bench.driver.interrupt()
    bench.pass(second / 10)
    expect(bench.completed).toEqual([])
    bench.live(second)
    bench.hba.stops = true
    bench.live(second)
    expect(statuses(bench, [...ids, other])).toEqual(Array(11).fill(0))
    expect(bench.log).toContain('a port does not let go of its commands: all are reset')
    expect([bench.hba.resets, bench.hba.violations]).toEqual([2, []])
  })

  test('nor does it end its reset: the driver ends itself and completes nothing, since memory may still be written', async () => {
    const bench = await running()
    read(bench, 10)
    bench.driver.submit()
    bench.hba.stops = false
    bench.hba.resetsEnd = false
    bench.hba.cause(0, 2 ** 29)
    bench.driver.interrupt()
    expect(() => bench.pass(4 * second)).toThrow('the controller does not stop')
    expect([bench.completed.length, bench.taken.size, bench.log.at(-1)]).toEqual([0, 10, 'it does not end its reset: it is given up'])
  })

  test('it is gone', async () => {
    const bench = await running()
    const ids = read(bench, 200)
    bench.driver.submit()
    bench.hba.gone = true
    bench.pass(2 * second)
    expect(statuses(bench, ids)).toEqual(Array(200).fill(Status.Failed))
    expect([bench.log.at(-2), bench.units.size, bench.armed]).toEqual(['it no longer answers: it is given up', 0, 0n])
  })

  test('the link fails and comes back with the same disk: nothing is lost, and it is not announced again', async () => {
    const bench = await running()
    const ids = read(bench, 50)
    bench.driver.submit()
    bench.hba.cause(0, 1 << 22)
    bench.live(100_000_000)
    expect(statuses(bench, ids)).toEqual(Array(50).fill(0))
    expect([bench.announcements, bench.hba.violations]).toEqual([1, []])
  })

  test('after the reset the disk is another: what was meant for the first fails', async () => {
    const bench = await running()
    const ids = read(bench, 50)
    bench.driver.submit()
    bench.hba.devices.get(0)!.serial = 'OTHER'
    bench.hba.cause(0, 1 << 22)
    bench.driver.interrupt()
    bench.live(100_000_000)
    expect(statuses(bench, ids)).toEqual(Array(50).fill(Status.Failed))
    expect(bench.units.get(0)!.serial).toBe('OTHER')
  })

  test.each(['active', 'issue'] as const)('it is at commands that it was not given (%s)', async register => {
    const bench = await running()
    const ids = read(bench, 10)
    bench.driver.submit()
    bench.hba.ports[0][register] |= 1 << 20
    bench.driver.interrupt()
    bench.hba.cause(0, 8)
    bench.driver.interrupt()
    expect(bench.log.at(-1)).toBe('port 0 is at commands that it was not given: it is reset; PxTFD is 50h')
    bench.live(100_000_000)
    expect(statuses(bench, ids)).toEqual(Array(10).fill(0))
  })

  test('messages for nothing do nothing', async () => {
    const bench = await running()
    for (let count = 0; count < 1000; count++) bench.driver.interrupt()
    expect([bench.log.length, bench.arms]).toEqual([2, 0])
  })
})
