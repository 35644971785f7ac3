/** The AHCI driver among faults at random: nothing is lost, nothing is completed twice, and no HBA breaks it. */
import { expect, test } from 'vitest'
import { ahci, Failure, type AhciBench, type Command } from './ahci.ts'
import { Operation, Status } from './bench.ts'

const second = 1_000_000_000
const pages = 512 // of each disk

/** Numbers below a limit, the same for the same seed. */
function chance(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    const mixed = Math.imul(state ^ state >>> 13, 0x297a2d39)
    return ((mixed ^ mixed >>> 16) >>> 0) % limit
  }
}

async function running(): Promise<AhciBench> {
  const bench = await ahci(hba => {
    hba.implemented = 7
    for (const [number, depth, hasLog] of [[0, 32, true], [1, 0, true], [2, 7, false]] as const) hba.devices.set(number, { data: Buffer.alloc(4096 * pages), serial: `DISK${number}`, depth, hasLog, trims: true })
  })
  expect(bench.start()).toBe(0)
  expect(bench.units.size).toBe(3)
  return bench
}

const isTransfer = ({ opcode }: Command) => [0x25, 0x35, 0x60, 0x61].includes(opcode)

test.each([1, 2, 3, 4])('devices that fail in all honest ways, seed %i: every request is carried out, and completed once', async seed => {
  const next = chance(seed)
  const bench = await running()
  const { hba, memory } = bench
  const free = [0, 1, 2].map(() => [...Array(pages).keys()])
  /** What a request that is under way will have done when it is completed. */
  const expected = new Map<number, { unit: number, page: number, buffer: bigint, isWrite: boolean, contents: Buffer }>()
  const unused = Array.from({ length: 150 }, () => memory.page())
  let [written, done, faults] = [0, 0, 0]
  const check = () => {
    for (const { id, status } of bench.completed.splice(0)) {
      const { unit, page, buffer, isWrite, contents } = expected.get(id)!
      expect(status).toBe(Status.Ok)
      const { data } = hba.devices.get(unit)!
      expect((isWrite ? data.subarray(4096 * page, 4096 * page + 4096) : memory.read(buffer, 4096)).equals(contents)).toBe(true)
      expected.delete(id)
      free[unit].push(page)
      unused.push(buffer)
      done++
    }
  }
  for (let round = 0; round < 4000; round++) {
    const number = next(3)
    const port = hba.ports[number]
    switch (next(8)) {
      case 0: case 1: case 2:
        for (let count = next(20); count > 0 && unused.length; count--) {
          const [page] = free[number].splice(next(free[number].length), 1)
          const buffer = unused.pop()!
          const isWrite = next(2) === 1
          const { data } = hba.devices.get(number)!
          if (isWrite) memory.write(buffer, Buffer.alloc(4096, (written++ % 251) + 1))
          const contents = isWrite ? memory.read(buffer, 4096) : Buffer.from(data.subarray(4096 * page, 4096 * page + 4096))
          expected.set(bench.ask(isWrite ? Operation.Write : Operation.Read, number, 8 * page, 8, [{ physical: buffer, bytes: 4096 }]), { unit: number, page, buffer, isWrite, contents })
        }
        bench.driver.submit()
        break
      case 3: case 4:
        // Some of what is under way, in any order.
        hba.fetch()
        for (let count = next(40); count > 0 && port.pending.length && !port.isHalted; count--) hba.carryOut(port.pending.splice(next(port.pending.length), 1)[0])
        break
      case 5:
        bench.driver.interrupt()
        break
      case 6:
        bench.pass(next(20_000_000))
        break
      case 7:
        if (next(5) || faults > 2) break
        faults++
        switch (next(5)) {
          case 0: hba.cause(number, 2 ** (27 + next(3))); break
          case 1: hba.cause(number, 1 << 22); break
          case 2: if (port.pending.some(isTransfer)) port.lost.push(port.pending.splice(port.pending.findIndex(isTransfer), 1)[0]); break
          case 3: if (port.pending.some(isTransfer)) hba.failCommand(port.pending.splice(port.pending.findIndex(isTransfer), 1)[0], Failure.Abort); break
          case 4: hba.stops = !hba.stops; break
        }
    }
    check()
    // Faults come again and again, but not so often that it is right to give up.
    if (faults && round % 50 === 49) {
      hba.stops = true
      bench.live(100 * second, 20_000_000)
      check()
      expect(expected.size).toBe(0)
      faults = 0
    }
  }
  hba.stops = true
  bench.live(100 * second, 20_000_000)
  check()
  expect([expected.size, bench.taken.size, bench.waiting.length, hba.violations, bench.units.size]).toEqual([0, 0, 0, [], 3])
  expect(done).toBeGreaterThan(5000)
  expect([hba.linkResets > 20, hba.resets > 2]).toEqual([true, true])
}, 60_000)

test.each([1, 2, 3])('an HBA that means harm, seed %i: what the driver took it completes once, and it is heard of again', async seed => {
  const next = chance(seed * 7919)
  let lives = 0
  for (let rounds = 0; rounds < 10_000; lives++) {
    const bench = await running()
    const { hba } = bench
    hba.isHostile = true
    const physical = bench.memory.run(4)
    let hasTrapped = false
    for (let round = 0; round < 1000 && !bench.log.at(-1)!.endsWith('given up') && !hasTrapped; round++, rounds++) {
      const port = hba.ports[next(3)]
      try {
        switch (next(9)) {
          case 0:
            for (let count = next(100); count > 0; count--) {
              bench.ask(next(6), next(20) ? next(3) : next(0xffffffff), next(4096), next(20) ? next(16) + 1 : next(0xffffffff), [{ physical: physical + BigInt(next(4096)), bytes: 8192 }])
            }
            bench.driver.submit()
            break
          case 1: port[(['causes', 'taskFile', 'signature', 'error', 'active', 'issue'] as const)[next(6)]] ^= next(3) ? 1 << next(32) : next(0xffffffff); break
          case 2: port[(['causes', 'active', 'issue'] as const)[next(3)]] = next(2) ? next(0xffffffff) : 0; break
          case 3: case 4:
            hba.status = next(8)
            bench.driver.interrupt()
            break
          case 5:
            hba.fault = () => next(4) ? undefined : next(2) ? 'lost' : next(0x10000)
            hba.work()
            break
          case 6: bench.pass(next(8) ? next(20_000_000) : next(3 * second)); break
          case 7: {
            const number = next(3)
            const device = hba.devices.get(number)
            if (device && !next(8)) hba.unplug(number)
            else if (!device) hba.plug(number, { data: Buffer.alloc(4096), isPacket: next(2) === 0, blockBytes: 2048 })
            else device.identified = data => { for (let count = next(2) ? 0 : next(200); count > 0; count--) data[next(512)] = next(256) }
            break
          }
          case 8:
            if (next(20)) break
            hba.stops = next(3) > 0
            port.command ^= 1 << next(16)
        }
      } catch (error) {
        // The only way out where commands may be under way for ever.
        expect((error as Error).message).toContain('the controller does not stop')
        hasTrapped = true
      }
      bench.completed.length = 0
      hba.fetched.length = 0
    }
    if (hasTrapped) continue
    // It comes to its senses, or has been given up.
    hba.fault = () => undefined
    hba.stops = true
    for (const device of hba.devices.values()) device.identified = undefined
    bench.driver.submit()
    bench.live(200 * second, 50_000_000)
    bench.driver.submit()
    bench.live(200 * second, 50_000_000)
    expect([bench.taken.size, bench.waiting.length]).toEqual([0, 0])
    expect(bench.armed === 0n || bench.armed > bench.now - BigInt(2 * second)).toBe(true)
  }
  expect(lives).toBeGreaterThan(5)
}, 120_000)
