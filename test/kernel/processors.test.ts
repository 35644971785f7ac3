/** Several vCPUs in one VM: how they start each other, and how they share their VM's weight. SDM vol. 3, 9.4, 11.6. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

let cpus: Record<string, any>
let now = 0n
/** Host memory: an XSAVE area. */
const area = Buffer.alloc(4096, 0xAA)
/** Of the host's processor: CPUID 1 EAX. */
const signature = 0x0080_0F12n

beforeAll(async () => {
  const hw = { readTsc: () => now, cpuid: (leaf: number, _: number, register: number) => leaf === 1 && register === 0 ? Number(signature) : 0, armTimer: () => {}, zero: (at: bigint, bytes: bigint) => area.fill(0, Number(at), Number(at + bytes)), store16: (at: bigint, value: number) => area.writeUInt16LE(value & 0xFFFF, Number(at)), store32: (at: bigint, value: number) => area.writeUInt32LE(value >>> 0, Number(at)), scale: () => 0n, multiplyShift: () => 0n, load32: () => 0, load64: () => 0n }
  cpus = (await instantiate('test/kernel/processors.entry.ts', { imports: { hw } })).exports
})
beforeEach(() => cpus.start(4, 100, 100))

/** Delivery modes and shorthands of the interrupt command register. Figure 11-12. */
const Init = 0x4500
const Startup = 0x4600
const Nmi = 0x4400
const Others = 3 << 18
const All = 2 << 18
const Logical = 1 << 11
const LowestPriority = 1 << 8

describe('INIT and the startup interrupt', () => {
  test('start a processor in real mode at the page that the vector names', () => {
    expect([1, 2, 3].map(index => Boolean(cpus.isWaiting(index)))).toEqual([true, true, true])
    cpus.changeRip(2, 0x1234n)
    cpus.command(0, 2, Init)
    cpus.command(0, 2, Startup | 0x9A)
    expect([1, 2, 3].map(index => Boolean(cpus.isWaiting(index)))).toEqual([true, false, true])
    expect([cpus.codeSelector(2), cpus.codeBase(2), cpus.instructionPointer(2)]).toEqual([0x9A00, 0x9_A000n, 0n])
    expect(cpus.controlRegister0(2)).toBe(0x6000_0010n)
    expect(cpus.isHalted(2)).toBe(0)
  })

  // SDM vol. 3, table 10-1; APM vol. 2, table 14-1. The boot processor is at power-on, but for what a loader sets, as another is at its startup.
  test.each([['at power-on', 0, 0xF000, 0xFFFF_0000n, 0xFFF0n], ['at its startup', 1, 0x1200, 0x1_2000n, 0n]])('leave a processor %s with the manual\'s registers', (_, index, selector, base, rip) => {
    for (let number = 0; index === 1 && number < 16; number++) cpus.changeRegister(index, number, 0x5555n)
    if (index === 1) cpus.command(0, 1, Startup | 0x12)
    expect([cpus.codeSelector(index), BigInt.asUintN(64, cpus.codeBase(index)), cpus.instructionPointer(index)]).toEqual([selector, base, rip])
    expect([cpus.controlRegister0(index), cpus.controlRegister2(index), cpus.controlRegister3(index), cpus.controlRegister4(index)]).toEqual([0x6000_0010n, 0n, 0n, 0n])
    expect([cpus.efer(index), cpus.flags(index), cpus.debugStatus(index), cpus.debugControl(index), cpus.debugAddresses(index)]).toEqual([0n, 2n, 0xFFFF_0FF0n, 0x400n, 0n])
    // EDX has what CPUID 1 says in EAX.
    expect(Array.from({ length: 16 }, (_, number) => cpus.register(index, number))).toEqual(Array.from({ length: 16 }, (_, number) => number === 2 ? signature : 0n))
    const segment = (place: number) => [cpus.segmentSelector(index, place), cpus.segmentBase(index, place), cpus.segmentLimit(index, place), cpus.segmentAttributes(index, place)]
    for (const place of [0, 2, 3, 4, 5]) expect(segment(place)).toEqual([0, 0n, 0xFFFF, 0x93])
    expect([cpus.segmentLimit(index, 1), cpus.segmentAttributes(index, 1)]).toEqual([0xFFFF, 0x9B])
    expect([segment(7), segment(9)]).toEqual([[0, 0n, 0xFFFF, 0x82], [0, 0n, 0xFFFF, 0x8B]])
    for (const table of [6, 8]) expect([cpus.segmentBase(index, table), cpus.segmentLimit(index, table)]).toEqual([0n, 0xFFFF])
  })

  test('do not start one that is not there, until it comes', () => {
    cpus.want(2)
    cpus.plug(2, 0)
    cpus.command(0, 2, Init)
    cpus.command(0, 2, Startup | 0x9A)
    cpus.command(0, 0, Startup | Others | 0x9A)
    expect([1, 2, 3].map(index => Boolean(cpus.isWaiting(index)))).toEqual([false, true, false])
    cpus.want(3)
    cpus.plug(2, 1)
    expect(Boolean(cpus.isWaiting(2))).toBe(true)
    cpus.command(0, 2, Startup | 0x9A)
    expect([Boolean(cpus.isWaiting(2)), cpus.codeBase(2)]).toEqual([false, 0x9_A000n])
  })

  test('one that is given up does nothing any more, also when it is sent something', () => {
    cpus.command(0, 3, Startup | 0x9A)
    cpus.enableApic(3, 8)
    cpus.want(3)
    cpus.plug(3, 0)
    expect([Boolean(cpus.isWaiting(3)), Boolean(cpus.isHalted(3)), cpus.plugged()]).toEqual([true, true, 0b0111n])
    cpus.command(0, 3, Nmi)
    cpus.command(0, 3, 0x4041)
    expect([Boolean(cpus.isWaiting(3)), Boolean(cpus.isHalted(3))]).toEqual([true, true])
  })

  test('the boot processor cannot be given up, and none comes that the administrator does not want or that there is no room for', () => {
    cpus.plug(0, 0)
    cpus.plug(4, 0)
    cpus.plug(4, 1)
    cpus.plug(0xFFFF_FFFF, 1)
    expect([cpus.plugged(), Boolean(cpus.isWaiting(0)), cpus.powerRequest()]).toEqual([0b1111n, false, 0])
    cpus.want(2)
    cpus.plug(3, 0)
    cpus.plug(3, 1)
    expect(cpus.plugged()).toBe(0b0111n)
  })

  // The same tables: "unchanged" under INIT.
  test('leave the caches as CR0 had them, and XCR0 and MSRs', () => {
    cpus.command(0, 1, Startup | 0x12)
    cpus.changeKept(1, 0x8000_0033n, 7n)
    cpus.command(0, 1, Init)
    cpus.command(0, 1, Startup | 0x12)
    expect([cpus.controlRegister0(1), ...[0, 1, 2, 3].map(which => cpus.kept(1, which))]).toEqual([0x10n, 7n, 7n, 7n, 7n])
    cpus.changeKept(1, 0x4000_0033n, 5n)
    cpus.command(0, 1, Init)
    cpus.command(0, 1, Startup | 0x12)
    expect(cpus.controlRegister0(1)).toBe(0x4000_0010n)
  })

  test('come after a power-on with PAT\'s and XCR0\'s first values', () => {
    expect([0, 1, 2, 3].map(which => cpus.kept(1, which))).toEqual([0x0007_0406_0007_0406n, 0n, 0n, 1n])
  })

  // Table 10-1: control word 0040h, tag word 5555h, which FXSAVE abridges to FFh; MXCSR 1F80h. SDM vol. 1, 10.5.1 and 13.4.
  test('come after a power-on with no FNINIT', () => {
    cpus.powerOnState(0n)
    expect([area.readUInt16LE(0), area.readUInt16LE(2), area[4], area.readUInt32LE(24), area.readBigUInt64LE(512)]).toEqual([0x40, 0, 0xFF, 0x1F80, 1n])
    for (const at of [0, 1, 4, 24, 25, 512]) area[at] = 0
    expect(area.equals(Buffer.alloc(4096))).toBe(true)
  })

  test('a second startup interrupt changes nothing, and a first one nothing of a processor that runs', () => {
    cpus.command(0, 1, Startup | 8)
    cpus.changeRip(1, 0x77n)
    cpus.command(0, 1, Startup | 9)
    expect([cpus.codeBase(1), cpus.instructionPointer(1)]).toEqual([0x8000n, 0x77n])
  })

  test('INIT stops a processor that runs until it is started again', () => {
    cpus.command(0, 0, Others | Startup | 8)
    expect([1, 2, 3].map(index => Boolean(cpus.isHalted(index)))).toEqual([false, false, false])
    cpus.command(0, 3, Init)
    expect([1, 2, 3].map(index => Boolean(cpus.isWaiting(index)))).toEqual([false, false, true])
    const chosen = new Set(Array.from({ length: 40 }, () => cpus.next(now += 1_000_000n)))
    expect(chosen.has(2)).toBe(true)
    expect(chosen.has(3)).toBe(false)
    cpus.command(1, 3, Nmi) // is no reason to go on
    expect(cpus.isHalted(3)).toBe(1)
    cpus.command(1, 3, Startup | 0x10)
    expect([cpus.isHalted(3), cpus.codeBase(3), cpus.nmiPending(3)]).toEqual([0, 0x1_0000n, 0])
  })

  test('INIT to the boot processor, from which firmware would restart the board, resets the machine', () => {
    cpus.command(0, 1, Startup | 8)
    cpus.command(1, 0, Init)
    expect(cpus.powerRequest()).toBe(2)
    expect(cpus.isWaiting(0)).toBe(0)
  })
})

describe('an interrupt between processors', () => {
  const reaches = (low: number, destination = 0): number[] => {
    for (let index = 0; index < 4; index++) cpus.enableApic(index, 1 << index)
    cpus.command(1, destination, low | 0x41)
    return [0, 1, 2, 3].filter(index => cpus.requested(index, 0x41))
  }
  test.each([
    ['one by its id', 0x4000, 2, [2]], ['nobody by an id that nobody has', 0x4000, 9, []], ['all by the broadcast id', 0x4000, 0xFF, [0, 1, 2, 3]],
    ['itself by shorthand', 0x4000 | 1 << 18, 0, [1]], ['all', 0x4000 | All, 0, [0, 1, 2, 3]], ['all others', 0x4000 | Others, 0, [0, 2, 3]],
    ['a logical set', 0x4000 | Logical, 0b1010, [1, 3]], ['one of a logical set, of lowest priority', 0x4000 | Logical | LowestPriority, 0b1100, [2]],
  ])('reaches %s', (_, low, destination, expected) => {
    expect(reaches(low, destination)).toEqual(expected)
  })

  test('wakes one that has halted and not yet left its processor', () => {
    expect(cpus.next(now)).toBe(0)
    cpus.haltAndSend(0, 0x41)
    expect([cpus.next(++now), cpus.next(now += 1_000_000n)]).toContain(0)
  })
})

describe('a VM\'s weight', () => {
  /** The first VM's share of the CPU while both want all of it. */
  function share(): number {
    const before = [cpus.time(0), cpus.time(1)]
    for (let turn = 0; turn < 4000; turn++) {
      cpus.next(now)
      const end = BigInt.asUintN(64, cpus.sliceEnd())
      now = end === 0xFFFF_FFFF_FFFF_FFFFn ? now + 1000n : end
    }
    cpus.next(now)
    const [first, second] = [Number(cpus.time(0) - before[0]), Number(cpus.time(1) - before[1])]
    return first / (first + second)
  }

  test('counts the same whether one of its processors works or all of them', () => {
    expect(share()).toBeCloseTo(0.5, 2) // one of four against one of four
    for (let index = 1; index < 4; index++) cpus.wake(1, index)
    expect(share()).toBeCloseTo(0.5, 2) // one against four
    for (let index = 1; index < 4; index++) cpus.wake(0, index)
    for (let index = 2; index < 4; index++) cpus.halt(1, index)
    expect(share()).toBeCloseTo(0.5, 2) // four against two
  })

  test('is kept to while its processors wait for each other and say so', () => {
    for (let index = 1; index < 4; index++) cpus.wake(0, index)
    const before = [cpus.time(0), cpus.time(1)]
    const turns = new Map<number, number>()
    for (let turn = 0; turn < 40_000; turn++) {
      const running = cpus.next(now)
      turns.set(running, (turns.get(running) ?? 0) + 1)
      now += 50_000n // long before its slice is over
      if (running < 32) cpus.spin(running, now)
    }
    const [first, second] = [Number(cpus.time(0) - before[0]), Number(cpus.time(1) - before[1])]
    expect(first / (first + second)).toBeCloseTo(0.5, 2)
    // Each of the four had its turns.
    const each = [0, 1, 2, 3].map(index => turns.get(index)!)
    expect(Math.max(...each) / Math.min(...each)).toBeLessThan(1.1)
  })

  test('is kept to with several processors too', () => {
    cpus.start(4, 300, 100)
    for (let index = 1; index < 4; index++) cpus.wake(1, index)
    expect(share()).toBeCloseTo(0.75, 2)
  })
})
