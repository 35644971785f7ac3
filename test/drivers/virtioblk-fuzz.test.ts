/** The virtio block driver among faults at random: nothing is lost, nothing is completed twice, and no device breaks it. */
import { expect, test } from 'vitest'
import { Operation, Status } from './bench.ts'
import { Feature, virtioBlock, type VirtioBench } from './virtioblk.ts'

const second = 1_000_000_000
const pages = 512 // of the device

/** Numbers below a limit, the same for the same seed. */
function chance(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    const mixed = Math.imul(state ^ state >>> 13, 0x297a2d39)
    return ((mixed ^ mixed >>> 16) >>> 0) % limit
  }
}

async function running(isIndirect: boolean): Promise<VirtioBench> {
  const bench = await virtioBlock(block => {
    block.data = Buffer.alloc(4096 * pages)
    if (!isIndirect) block.features &= ~Feature.IndirectDesc
  })
  expect(bench.start()).toBe(0)
  return bench
}

test.each([1, 2, 3, 4])('a device that fails in all honest ways, seed %i: every request is carried out, and completed once', async seed => {
  const next = chance(seed)
  const bench = await running(seed % 2 === 0)
  const { block, memory } = bench
  const free = [...Array(pages).keys()]
  /** What a request that is under way will have done when it is completed. */
  const expected = new Map<number, { page: number, buffer: bigint, isWrite: boolean, contents: Buffer }>()
  const unused = Array.from({ length: 150 }, () => memory.page())
  let [written, done, faults] = [0, 0, 0]
  const check = () => {
    for (const { id, status } of bench.completed.splice(0)) {
      const { page, buffer, isWrite, contents } = expected.get(id)!
      expect(status).toBe(Status.Ok)
      expect((isWrite ? block.data.subarray(4096 * page, 4096 * page + 4096) : memory.read(buffer, 4096)).equals(contents)).toBe(true)
      expected.delete(id)
      free.push(page)
      unused.push(buffer)
      done++
    }
  }
  for (let round = 0; round < 4000; round++) {
    switch (next(8)) {
      case 0: case 1: case 2:
        for (let count = next(20); count > 0 && unused.length; count--) {
          const [page] = free.splice(next(free.length), 1)
          const buffer = unused.pop()!
          const isWrite = next(2) === 1
          if (isWrite) memory.write(buffer, Buffer.alloc(4096, (written++ % 251) + 1))
          const contents = isWrite ? memory.read(buffer, 4096) : Buffer.from(block.data.subarray(4096 * page, 4096 * page + 4096))
          expected.set(bench.ask(isWrite ? Operation.Write : Operation.Read, 0, 8 * page, 8, [{ physical: buffer, bytes: 4096 }]), { page, buffer, isWrite, contents })
        }
        bench.driver.submit()
        break
      case 3: case 4:
        // Some of what is under way, in any order.
        block.fetch()
        for (let count = next(40); count > 0 && block.pending.length; count--) block.carryOut(block.pending.splice(next(block.pending.length), 1)[0])
        break
      case 5:
        bench.driver.interrupt()
        break
      case 6:
        bench.pass(next(second))
        break
      case 7:
        if (next(10) || faults > 2) break
        faults++
        switch (next(5)) {
          case 0: block.status |= 64; break
          case 1: block.status = 0; break
          case 2: if (block.pending.length) block.lost.push(block.pending.shift()!); break
          case 3: if (block.pending.length) block.complete(block.pending.shift()!, 1); break
          case 4: block.generation++
        }
    }
    check()
    // Faults come again and again, but not so often that it is right to give up.
    if (faults && round % 50 === 49) {
      bench.live(60 * second)
      check()
      expect(expected.size).toBe(0)
      faults = 0
    }
  }
  bench.live(60 * second)
  check()
  expect([expected.size, bench.taken.size, bench.waiting.length, block.violations]).toEqual([0, 0, 0, []])
  expect(done).toBeGreaterThan(5000)
  expect(block.resets).toBeGreaterThan(10)
})

test.each([1, 2, 3, 4])('a device that means harm, seed %i: what the driver took it completes once', async seed => {
  const next = chance(seed * 7919)
  let lives = 0
  for (let rounds = 0; rounds < 10_000; lives++) {
    const bench = await running(seed % 2 === 0)
    const { block } = bench
    const physical = bench.memory.run(4)
    for (let round = 0; round < 1000 && !bench.log.at(-1)!.endsWith('given up'); round++, rounds++) {
      switch (next(9)) {
        case 0:
          for (let count = next(100); count > 0; count--) {
            bench.ask(next(6), next(20) ? 0 : next(0xffffffff), next(4096), next(20) ? next(16) + 1 : next(0xffffffff), [{ physical: physical + BigInt(next(4096)), bytes: 8192 }])
          }
          bench.driver.submit()
          break
        case 1: case 2:
          if (!block.isEnabled) break
          for (let count = 1 + next(4); count > 0; count--) block.post(next(3) ? next(256) : next(0xffffffff))
          bench.driver.interrupt()
          break
        case 3:
          if (block.isEnabled) block.setUsed(next(2) ? block.used + next(300) : next(0x10000))
          bench.driver.interrupt()
          break
        case 4:
          if (block.isEnabled) for (let count = next(64); count > 0; count--) bench.memory.write(block.areas[2] + BigInt(next(2000)), Buffer.from([next(256)]))
          bench.driver.interrupt()
          break
        case 5:
          block.fault = () => next(4) ? undefined : next(2) ? 'lost' : next(0x100)
          if (block.work()) bench.driver.interrupt()
          break
        case 6: bench.pass(next(4) ? next(20_000_000) : next(3 * second)); break
        case 7:
          // What it says of itself; while it is reset it comes to an end, since there is no answer to one that does not but to end the driver.
          if (!next(10)) Object.assign(block, { blockBytes: next(4) ? 512 << next(4) : next(0xffffffff), segMax: next(4) ? 254 : next(4), maxDiscard: next(3) ? 0x3fffff : next(10), generation: next(256) })
          if (!next(20) && block.status) block.status ^= 1 << next(8)
          break
        case 8: bench.driver.interrupt()
      }
      bench.completed.length = 0
      block.fetched.length = 0
    }
    // It comes to its senses, or has been given up.
    block.fault = () => undefined
    Object.assign(block, { blockBytes: 512, segMax: 254 })
    bench.driver.submit()
    bench.live(200 * second)
    bench.driver.submit()
    bench.live(10 * second)
    expect([bench.taken.size, bench.waiting.length]).toEqual([0, 0])
    expect(bench.armed === 0n || bench.armed > bench.now - BigInt(2 * second)).toBe(true)
  }
  expect(lives).toBeGreaterThan(9)
})
