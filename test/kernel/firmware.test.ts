/** The boot information of Multiboot 1 and 2, and the memory map that is made of it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox'
import { generator, information1, information2, PhysicalMemory, text, u32, u64 } from '../services/firmware.memory'

const One = 0x2BADB002
const Two = 0x36D76289

let sandbox: Sandbox
let host: PhysicalMemory
const hw = {
  load8: (at: bigint) => Number(host.load(at, 1)),
  load16: (at: bigint) => Number(host.load(at, 2)),
  load32: (at: bigint) => Number(host.load(at, 4)),
  load64: (at: bigint) => host.load(at, 8),
  copyOut: (target: number, at: bigint, length: bigint) => {
    for (let n = 0; n < length; n++) new Uint8Array(sandbox.memory.buffer)[target + n] = Number(host.load(at + BigInt(n), 1))
  },
}
beforeAll(async () => { sandbox = await instantiate('test/kernel/firmware.entry.ts', { imports: { hw } }) })

function firmware(memory: PhysicalMemory, reach = 1n << 32n) {
  const { exports, memory: linear } = sandbox
  host = memory
  exports.setReach(reach)
  const read = (at: number, length: number) => Buffer.from(linear.buffer, at, length).toString()
  return {
    f: exports,
    bootLoader: () => read(exports.bootLoaderAt(), exports.bootLoader()),
    problems: () => read(exports.logBuffer.value, exports.readLog()).split('\n').slice(0, -1).map((line) => line.replace(/^\[0\.000000\] firmware: /, '')),
    ranges: () => Array.from({ length: exports.memoryRangeCount() }, (_, n) => [exports.rangeBase(n), exports.rangeEnd(n), exports.rangeType(n)]),
    usable: () => {
      const found: [bigint, bigint][] = []
      for (let at = 0n; exports.nextUsable(at); at = exports.usableEnd()) found.push([exports.usableBase(), exports.usableEnd()])
      return found
    },
    screen: () => Array.from({ length: 12 }, (_, n) => Number(exports.screen(n))),
  }
}

describe('Multiboot 1', () => {
  it('reads entries of any size of 20 and more', () => {
    const memory = new PhysicalMemory()
    memory.put(0x9000, information1({ 0: 1 << 6, 44: 24 + 28, 48: 0xA000 }))
    const next = memory.put(0xA000, [...u32(20), ...u64(0n), ...u64(0x9_FC00n), ...u32(1)])
    memory.put(next, [...u32(24), ...u64(0x1_0000_0000n), ...u64(1n << 30n), ...u32(2), ...u32(0)])
    const host = firmware(memory)
    expect(host.f.readBootInformation(One, 0x9000n)).toBe(1)
    expect(host.ranges()).toEqual([[0n, 0x9_FC00n, 1], [0x1_0000_0000n, 0x1_4000_0000n, 2]])
    expect(host.problems()).toEqual([])
  })

  it('falls back on the basic memory sizes', () => {
    const memory = new PhysicalMemory()
    memory.put(0x9000, information1({ 0: 1, 4: 639, 8: 63 * 1024 }))
    const host = firmware(memory)
    host.f.readBootInformation(One, 0x9000n)
    expect(host.usable()).toEqual([[0n, 0x9_FC00n], [0x10_0000n, 0x400_0000n]])
    expect(host.problems()).toHaveLength(1)
    expect(host.problems()[0]).toMatch(/no memory map/)
  })

  it('reads the framebuffer', () => {
    const memory = new PhysicalMemory()
    const bytes = information1({ 0: 1 << 12, 88: 0xE000_0000, 92: 1, 96: 4096, 100: 1024, 104: 768 })
    bytes.splice(108, 8, 32, 1, 16, 8, 8, 8, 0, 8)
    memory.put(0x9000, bytes)
    const host = firmware(memory)
    host.f.readBootInformation(One, 0x9000n)
    expect(host.screen()).toEqual([0x1_E000_0000, 4096, 1024, 768, 32, 1, 16, 8, 8, 8, 0, 8])
  })

  it('refuses modules that end before they begin or lie outside memory, and keeps the others', () => {
    const memory = new PhysicalMemory()
    memory.put(0x9000, information1({ 0: 1 << 3, 20: 3, 24: 0xB000 }))
    memory.put(0xB000, [[0x2000, 0x1000, 0, 0], [0x10_0000, 0xFFFF_FFFF, 0, 0], [0x10_0000, 0x10_0010, 0, 0]].flat().flatMap(u32))
    const host = firmware(memory, 64n << 20n)
    host.f.readBootInformation(One, 0x9000n)
    expect(host.f.bootModuleCount()).toBe(1)
    expect([host.f.moduleBase(0), host.f.moduleEnd(0)]).toEqual([0x10_0000n, 0x10_0010n])
    expect(host.problems().filter((words) => /module/.test(words))).toHaveLength(2)
  })

  it('cuts a text without an end', () => {
    const memory = new PhysicalMemory()
    memory.put(0x9000, information1({ 0: 1 << 9, 64: 0x10_0000 }))
    memory.put(0x10_0000, new Array(10000).fill(0x61))
    const host = firmware(memory)
    host.f.readBootInformation(One, 0x9000n)
    expect(host.bootLoader()).toBe('a'.repeat(256))
    expect(host.problems().some(words => /too long and was cut/.test(words))).toBe(true)
  })
})

describe('Multiboot 2', () => {
  it('stops at a malformed tag and keeps what came before', () => {
    const memory = new PhysicalMemory()
    const bytes = information2([2, text('hello\0')], [2, text('loader\0')])
    bytes.splice(8 + 16 + 4, 4, ...u32(7))
    memory.put(0x9000, bytes)
    const host = firmware(memory)
    host.f.readBootInformation(Two, 0x9000n)
    expect(host.bootLoader()).toBe('hello')
    expect(host.problems().some((words) => /^at 9018h: a tag/.test(words))).toBe(true)
  })
})

describe('boot information that cannot be read', () => {
  it('says which', () => {
    const host = firmware(new PhysicalMemory(), 64n << 20n)
    expect(host.f.readBootInformation(0x1234, 0n)).toBe(0)
    expect(host.problems()).toEqual(['the boot loader does not speak Multiboot 1 or 2; boot with GRUB or another Multiboot loader'])
    expect(host.f.readBootInformation(One, 64n << 20n)).toBe(0)
    expect(host.f.readBootInformation(Two, (64n << 20n) - 4n)).toBe(0)
    expect(host.f.readBootInformation(Two, 0xFFFF_FFFF_FFFF_FFFCn)).toBe(0)
    expect(host.problems()).toEqual(['at FFFFFFFFFFFFFFFCh: boot information lies outside mapped memory and was not read'])
  })
})

describe('the memory map', () => {
  it('gives what is available and nothing that anybody reserved', () => {
    const host = firmware(new PhysicalMemory())
    const { f } = host
    f.clearRanges()
    f.addMemoryRange(0x10_0000n, 0x700_0000n, 1)
    f.addMemoryRange(0x40_0000n, 0x10_0000n, 2)
    f.addMemoryRange(0n, 0xA_0000n, 1)
    f.addMemoryRange(0x700_0000n, 0x20_0000n, 3)
    f.addMemoryRange(0x9_FC00n, 0x6_0400n, 2)
    f.addMemoryRange(0x50_0000n, 0x10_0000n, 1) // twice
    f.addMemoryRange(0xFFFF_FFFF_FFFF_0000n, 0xFFFF_FFFFn, 2)
    f.addMemoryRange(0x1_0000_0000n, 0n, 1)
    expect(host.usable()).toEqual([[0n, 0x9_FC00n], [0x10_0000n, 0x40_0000n], [0x50_0000n, 0x700_0000n]])
    expect(f.usableTop()).toBe(0x700_0000n)
  })

  it('agrees with a bitmap on random maps', () => {
    const host = firmware(new PhysicalMemory())
    const random = generator(7)
    for (let round = 0; round < 300; round++) {
      host.f.clearRanges()
      const available = new Array(64).fill(false)
      const reserved = new Array(64).fill(false)
      for (let n = random() % 12; n >= 0; n--) {
        const base = random() % 64
        const size = random() % (65 - base)
        const type = random() % 3 ? 1 : 2 + random() % 4
        host.f.addMemoryRange(BigInt(base), BigInt(size), type)
        for (let at = base; at < base + size; at++) (type === 1 ? available : reserved)[at] = true
      }
      const found = new Array(64).fill(false)
      for (const [base, end] of host.usable()) for (let at = base; at < end; at++) found[Number(at)] = true
      expect(found).toEqual(available.map((is, at) => is && !reserved[at]))
    }
  })
})
