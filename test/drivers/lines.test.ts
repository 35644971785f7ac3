/** Drivers whose function sends no messages: it has a line, which it holds down until it is let go, which others share, and which may lead to where nobody hears it. */
import { describe, expect, test } from 'vitest'
import { ahci } from './ahci.ts'
import { Operation, Status, type Bench } from './bench.ts'
import { frameOf } from './net.ts'
import { nvme } from './nvme.ts'
import { virtioBlock } from './virtioblk.ts'
import { Feature, virtioNet } from './virtionet.ts'

const [millisecond, second] = [1_000_000, 1_000_000_000]

interface Drive { holdsLine: boolean, violations: string[], fault: (command: never) => number | 'lost' | undefined, work(): number }
interface DriveBench extends Bench { start(): number, live(nanoseconds: number, step?: number): void }

const drives: [name: string, make: (isWired: boolean) => Promise<{ bench: DriveBench, drive: Drive }>][] = [
  ['NVMe', async isWired => {
    const bench = await nvme(controller => Object.assign(controller, { hasMsix: false, isWired }))
    return { bench, drive: bench.controller }
  }],
  ['AHCI', async isWired => {
    const bench = await ahci(hba => Object.assign(hba, { hasMsi: false, isWired }))
    return { bench, drive: bench.hba }
  }],
  ['virtio-blk', async isWired => {
    const bench = await virtioBlock(block => Object.assign(block, { hasMsix: false, isWired }))
    return { bench, drive: bench.block }
  }],
]

/** Gives it reads of a page, so many. */
function read(bench: Bench, count: number): number[] {
  const ids = Array.from({ length: count }, (_, index) => bench.ask(Operation.Read, 0, 8 * (index % 128), 8, [{ physical: bench.memory.page(), bytes: 4096 }]))
  bench.driver.submit()
  return ids
}

function statuses(bench: Bench, ids: number[]) { return ids.map(id => bench.status(id)) }

describe.each(drives)('%s', (_, make) => {
  async function running(isWired: boolean) {
    const made = await make(isWired)
    expect(made.bench.start()).toBe(0)
    made.bench.live(10 * millisecond)
    expect([made.bench.units.size, made.drive.violations]).toEqual([1, []])
    return made
  }

  test('a line tells of what is done, at once, and is let go', async () => {
    const { bench, drive } = await running(true)
    for (let round = 0; round < 30; round++) {
      const ids = read(bench, 1 + round * 3)
      const began = bench.now
      while (drive.work()) bench.tell()
      expect(statuses(bench, ids)).toEqual(ids.map(() => Status.Ok))
      expect([bench.now - began < BigInt(millisecond), drive.holdsLine]).toEqual([true, false])
    }
    expect(drive.violations).toEqual([])
  })

  test('a line that nobody hears costs a millisecond, and nothing while there is nothing to do', async () => {
    const { bench, drive } = await running(false)
    for (let round = 0; round < 20; round++) {
      const ids = read(bench, 20)
      drive.work()
      expect(statuses(bench, ids)).toEqual(ids.map(() => undefined))
      bench.pass(1.1 * millisecond)
      expect(statuses(bench, ids)).toEqual(ids.map(() => Status.Ok))
    }
    bench.pass(2 * second)
    const { arms } = bench
    bench.pass(100 * second)
    expect(bench.arms - arms).toBeLessThan(102)
    expect(drive.violations).toEqual([])
  })

  test('what else shares the line is borne at any time', async () => {
    const { bench, drive } = await make(true)
    expect(bench.start()).toBe(0)
    const interrupt = (times: number) => { for (let time = 0; time < times; time++) bench.driver.interrupt() }
    interrupt(100)
    bench.live(10 * millisecond)
    const { length } = bench.log
    interrupt(100)
    const ids = read(bench, 30)
    interrupt(100)
    expect(statuses(bench, ids)).toEqual(ids.map(() => undefined))
    while (drive.work()) bench.tell()
    interrupt(100)
    bench.live(10 * second)
    expect([statuses(bench, ids), drive.violations, bench.log.length]).toEqual([ids.map(() => Status.Ok), [], length])
  })

  test.each([true, false])('a command that is lost is as old as its seconds, and given again; its line is heard: %s', async isWired => {
    const { bench, drive } = await running(isWired)
    drive.fault = () => 'lost'
    const ids = read(bench, 3)
    drive.work()
    drive.fault = () => undefined
    bench.live(28 * second, 10 * millisecond)
    expect(statuses(bench, ids)).toEqual(ids.map(() => undefined))
    bench.live(16 * second, 10 * millisecond)
    expect([statuses(bench, ids), drive.violations, isWired && drive.holdsLine]).toEqual([ids.map(() => Status.Ok), [], false])
  })
})

test('an HBA that is given up holds no line down', async () => {
  const bench = await ahci(hba => Object.assign(hba, { hasMsi: false, stops: false, fault: () => 'lost' }))
  expect(bench.start()).toBe(0)
  bench.live(60 * second, 10 * millisecond)
  expect(bench.log.at(-1)).toBe('it was reset in vain: it is given up')
  bench.hba.plug(2, { data: Buffer.alloc(1 << 20) })
  expect([bench.hba.status !== 0, bench.hba.holdsLine]).toEqual([true, false])
})

test('an HBA without a line that is heard has its devices looked for each second', async () => {
  const bench = await ahci(hba => Object.assign(hba, { hasMsi: false, isWired: false }))
  expect(bench.start()).toBe(0)
  bench.hba.plug(2, { data: Buffer.alloc(1 << 20), serial: 'PLUGGED' })
  bench.pass(1.1 * second)
  for (let step = 0; step < 100; step++) {
    bench.hba.work()
    bench.pass(millisecond)
  }
  expect([...bench.units.keys()]).toEqual([0, 2])
})

test('a virtio device with neither messages nor an interrupt status is not used', async () => {
  const bench = await virtioBlock(block => {
    block.hasMsix = false
    block.structures = block.structures.filter(([kind]) => kind !== 3)
  })
  expect([bench.start(), bench.log]).toEqual([1, ['it has neither messages nor a line that it can be made to let go of']])
})

describe('virtio-net', () => {
  test.each([['by its first command', true], ['by its first frame', false]])('a line that was heard %s is relied on, and let go each time', async (_, hasCommands) => {
    const bench = await virtioNet(net => {
      net.hasMsix = false
      if (!hasCommands) net.features &= ~Feature.CtrlVq & ~Feature.CtrlRx
    })
    expect(bench.driver.start()).toBe(0)
    bench.live(second)
    if (!hasCommands) bench.arrive(frameOf(0))
    bench.take()
    bench.live(second)
    const { arms } = bench
    bench.live(10 * second)
    expect([bench.arms - arms < 13, bench.net.interruptStatus]).toEqual([true, 0])
    for (let sent = 0; sent < 50; sent++) {
      const began = bench.now
      bench.arrive(frameOf(sent))
      expect([bench.take().length, bench.now - began < BigInt(millisecond), bench.net.interruptStatus]).toEqual([1, true, 0])
      bench.live(100 * millisecond)
    }
    const { messages } = bench.net
    for (let sent = 0; sent < 1000; sent++) {
      bench.arrive(frameOf(sent))
      bench.pass(10_000)
      bench.take()
    }
    expect([bench.net.messages - messages < 20, bench.net.violations]).toEqual([true, []])
  })

  test('and one that was not has the card looked at', async () => {
    const bench = await virtioNet(net => Object.assign(net, { hasMsix: false, isWired: false }))
    expect(bench.driver.start()).toBe(0)
    bench.live(second)
    for (let times = 0; times < 10; times++) {
      bench.net.interruptStatus = 0
      bench.driver.interrupt() // another's
    }
    for (let sent = 0; sent < 20; sent++) {
      bench.arrive(frameOf(sent))
      bench.pass(2.1 * millisecond)
      expect(bench.take().length).toBe(1)
      bench.live(100 * millisecond)
    }
    expect(bench.net.violations).toEqual([])
  })
})
