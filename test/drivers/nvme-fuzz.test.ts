/** The NVMe driver among faults at random: nothing is lost, nothing is completed twice, and no controller breaks it. */
import { expect, test } from 'vitest'
import { Operation, Status } from './bench.ts'
import { Code, nvme, type Command, type NvmeBench } from './nvme.ts'

const second = 1_000_000_000
const pages = 512 // of the namespace

/** Numbers below a limit, the same for the same seed. */
function chance(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    const mixed = Math.imul(state ^ state >>> 13, 0x297a2d39)
    return ((mixed ^ mixed >>> 16) >>> 0) % limit
  }
}

async function running(): Promise<NvmeBench> {
  const bench = await nvme(controller => { controller.namespaces = new Map([[1, { blockBytes: 512, data: Buffer.alloc(4096 * pages) }]]) })
  expect(bench.start()).toBe(0)
  return bench
}

const isIo = ({ queue }: Command) => queue !== 0

test.each([1, 2, 3, 4])('a controller that fails in all honest ways, seed %i: every request is carried out, and completed once', async seed => {
  const next = chance(seed)
  const bench = await running()
  const { controller, memory } = bench
  const data = controller.namespaces.get(1)!.data
  const buffers = Array.from({ length: 64 }, () => memory.page())
  const free = [...Array(pages).keys()]
  /** What a request that is under way will have done when it is completed. */
  const expected = new Map<number, { page: number, buffer: bigint, isWrite: boolean, contents: Buffer }>()
  const unused = [...buffers]
  let written = 0
  let done = 0
  const check = () => {
    for (const { id, status } of bench.completed.splice(0)) {
      const { page, buffer, isWrite, contents } = expected.get(id)!
      expect(status).toBe(Status.Ok)
      expect((isWrite ? data.subarray(4096 * page, 4096 * page + 4096) : memory.read(buffer, 4096)).equals(contents)).toBe(true)
      expected.delete(id)
      free.push(page)
      unused.push(buffer)
      done++
    }
  }
  let faults = 0
  for (let round = 0; round < 4000; round++) {
    switch (next(8)) {
      case 0: case 1: case 2:
        for (let count = next(20); count > 0 && unused.length; count--) {
          const [page] = free.splice(next(free.length), 1)
          const buffer = unused.pop()!
          const isWrite = next(2) === 1
          if (isWrite) memory.write(buffer, Buffer.alloc(4096, (written++ % 251) + 1))
          const contents = isWrite ? memory.read(buffer, 4096) : Buffer.from(data.subarray(4096 * page, 4096 * page + 4096))
          expected.set(bench.ask(isWrite ? Operation.Write : Operation.Read, 0, 8 * page, 8, [{ physical: buffer, bytes: 4096 }]), { page, buffer, isWrite, contents })
        }
        bench.driver.submit()
        break
      case 3: case 4: {
        // Some of what is under way, in any order.
        controller.fetch()
        for (let count = next(40); count > 0 && controller.pending.length; count--) controller.carryOut(controller.pending.splice(next(controller.pending.length), 1)[0])
        break
      }
      case 5:
        bench.driver.interrupt()
        break
      case 6:
        bench.pass(next(second))
        break
      case 7:
        if (next(10) || faults > 2) break
        faults++
        switch (next(4)) {
          case 0: controller.status |= 2; break
          case 1: controller.status = 0; break
          case 2: if (controller.pending.length) controller.lost.push(controller.pending.shift()!); break
          case 3: if (controller.pending.some(isIo)) controller.complete(controller.pending.splice(controller.pending.findIndex(isIo), 1)[0], Code.InternalError); break
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
  expect([expected.size, bench.taken.size, bench.waiting.length, controller.violations]).toEqual([0, 0, 0, []])
  expect(done).toBeGreaterThan(5000)
  expect(controller.resets).toBeGreaterThan(10)
})

test.each([1, 2, 3])('a controller that means harm, seed %i: what the driver took it completes once', async seed => {
  const next = chance(seed * 7919)
  // Seldom the admin queue, which ends a life soon.
  const anyQueue = () => next(20) ? 1 + next(2) : 0
  let lives = 0
  for (let rounds = 0; rounds < 10_000; lives++) {
    const bench = await running()
    const { controller } = bench
    const physical = bench.memory.run(4)
    controller.identified = (_what, _namespace, data) => { for (let count = next(8) ? 0 : next(200); count > 0; count--) data[next(600)] = next(256) }
    for (let round = 0; round < 2000 && !bench.log.at(-1)!.endsWith('given up'); round++, rounds++) {
      switch (next(9)) {
        case 0:
          for (let count = next(100); count > 0; count--) {
            bench.ask(next(6), next(20) ? 0 : next(0xffffffff), next(4096), next(20) ? next(16) + 1 : next(0xffffffff), [{ physical: physical + BigInt(next(4096)), bytes: 8192 }])
          }
          bench.driver.submit()
          break
        case 1: case 2: case 3:
          if (!controller.submissions.size) break
          for (let count = 1 + next(4); count > 0; count--) {
            const queue = anyQueue()
            if (!controller.completions.has(queue)) continue
            const given = controller.fetched[controller.fetched.length - 1 - next(Math.min(64, controller.fetched.length))]
            const identifier = next(3) ? given.identifier ^ (next(3) ? 0 : 1 << next(16)) : next(0x10000)
            controller.post(queue, next(0xffffffff), next(4) ? queue << 16 : next(0xffffffff), identifier, next(2) ? 0 : next(0x8000))
          }
          bench.driver.interrupt()
          break
        case 4: {
          const queue = controller.completions.get(anyQueue())
          if (queue) for (let count = next(64); count > 0; count--) bench.memory.write(queue.base + BigInt(next(4096)), Buffer.from([next(256)]))
          bench.driver.interrupt()
          break
        }
        case 5:
          controller.fault = () => next(4) ? undefined : next(2) ? 'lost' : next(0x8000)
          if (controller.work()) bench.driver.interrupt()
          break
        case 6:
          bench.pass(next(4) ? next(20_000_000) : next(3 * second))
          break
        case 7:
          // While it is not enabled it stops, since there is no answer to one that does not but to end the driver.
          if (!next(20) && controller.configuration & 1) controller.status = next(4) ? 1 : 2 + next(2)
          break
        case 8:
          bench.driver.interrupt()
      }
      bench.completed.length = 0
      controller.fetched.splice(0, controller.fetched.length - 64)
    }
    // It comes to its senses, or has been given up.
    controller.fault = () => undefined
    controller.identified = () => {}
    bench.driver.submit()
    bench.live(120 * second)
    bench.driver.submit()
    expect([bench.taken.size, bench.waiting.length]).toEqual([0, 0])
    expect(bench.armed === 0n || bench.armed > bench.now - BigInt(2 * second)).toBe(true)
  }
  expect(lives).toBeGreaterThan(10)
})
