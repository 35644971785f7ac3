/** The processor that guests see: CPUID's model and the MSRs, against docs/architecture.md's promises and the manuals' rules. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

/** A host that has every feature bit of every leaf, and 48 address bits. */
const all = 0xFFFF_FFFF
let host = (leaf: number, subleaf: number, register: number): number => {
  leaf >>>= 0
  if (leaf === 0) return [0x10, 0x6874_7541, 0x444D_4163, 0x6974_6E65][register]
  if (leaf === 0x8000_0000) return [0x8000_0020, 0, 0, 0][register]
  if (leaf === 0x8000_0008) return [0x3030, all, all, all][register]
  if (leaf === 0x0D) return subleaf === 0 ? [0xFFFF_FFE7, 832, 2696, 0][register] : subleaf === 2 ? [256, 576, 0, 0][register] : subleaf === 1 ? [xsave, 0x1234, all, all][register] : all
  return all
}

/** CPUID 0Dh.1 EAX. */
let xsave = all

/** The capability MSRs of VT-x, for the tests that have it. */
let msrs: Record<number, bigint> = {}
const written: [number, bigint][] = []

let cpu: Record<string, any>
let now = 5_000_000n
beforeAll(async () => {
  cpu = (await instantiate('test/kernel/cpu.entry.ts', {
    imports: { hw: {
      cpuid: (leaf: number, subleaf: number, register: number) => host(leaf, subleaf, register),
      readMsr: (index: number) => BigInt.asIntN(64, msrs[index] ?? 0n), writeMsr: (index: number, value: bigint) => { written.push([index >>> 0, BigInt.asUintN(64, value)]) },
      readTsc: () => now, scale: () => 0n, multiplyShift: () => 0n, store32: () => {}, load32: () => 0,
      // A machine that has no MSR of its own; test/machine/msr.test.ts has those that there are.
      enter: (address: bigint) => address === 1n ? -1n : 0n, gateStatus: () => 0,
    } },
  })).exports
  cpu.start()
})

interface Leaf { eax: number, ebx: number, ecx: number, edx: number }
function cpuid(leaf: number, subleaf = 0): Leaf {
  cpu.cpuid(leaf, subleaf)
  const [eax, ebx, ecx, edx] = ['eax', 'ebx', 'ecx', 'edx'].map(name => {
    const value = BigInt.asUintN(64, cpu[name]())
    expect(value >> 32n).toBe(0n) // a 32-bit result clears the upper half
    return Number(value)
  })
  return { eax, ebx, ecx, edx }
}
const bits = (...numbers: number[]) => numbers.reduce((set, bit) => set | 2 ** bit, 0) >>> 0
const has = (value: number, bit: number) => (value >>> bit & 1) === 1

describe('CPUID', () => {
  // APM vol. 3, E.3 and E.4. What a guest must never be told, since nothing stands behind it.
  test.each([
    ['MONITOR', 1, 'ecx', 3], ['VMX', 1, 'ecx', 5], ['SMX', 1, 'ecx', 6], ['EST', 1, 'ecx', 7], ['PCID', 1, 'ecx', 17], ['DCA', 1, 'ecx', 18],
    ['PSN', 1, 'edx', 18], ['DS', 1, 'edx', 21], ['ACPI', 1, 'edx', 22], ['HTT', 1, 'edx', 28], ['TM', 1, 'edx', 29],
    ['SGX', 7, 'ebx', 2], ['HLE', 7, 'ebx', 4], ['RTM', 7, 'ebx', 11], ['MPX', 7, 'ebx', 14], ['AVX512F', 7, 'ebx', 16],
    ['PKU', 7, 'ecx', 3], ['LA57', 7, 'ecx', 16],
    ['SVM', 0x8000_0001, 'ecx', 2], ['IBS', 0x8000_0001, 'ecx', 10], ['SKINIT', 0x8000_0001, 'ecx', 12], ['PerfCtrExtCore', 0x8000_0001, 'ecx', 23],
    ['MONITORX', 0x8000_0001, 'ecx', 29],
  ] as const)('does not offer %s', (_, leaf, register, bit) => {
    expect(has(cpuid(leaf)[register], bit)).toBe(false)
  })

  test.each([
    ['x2APIC', 1, 'ecx', 21], ['TSC-deadline', 1, 'ecx', 24], ['hypervisor', 1, 'ecx', 31], ['TSC_ADJUST', 7, 'ebx', 1], ['APIC', 1, 'edx', 9],
    ['NX', 0x8000_0001, 'edx', 20], ['RDTSCP', 0x8000_0001, 'edx', 27], ['RDPID', 7, 'ecx', 22], ['INVPCID', 7, 'ebx', 10], ['UMWAIT', 7, 'ecx', 5], ['long mode', 0x8000_0001, 'edx', 29], ['invariant TSC', 0x8000_0007, 'edx', 8],
  ] as const)('offers %s', (_, leaf, register, bit) => {
    expect(has(cpuid(leaf)[register], bit)).toBe(true)
  })

  // Every processor with nested paging has one, also those that do not say so: emulators.
  test('offers an invariant TSC whatever the host says', () => {
    const real = host
    host = (leaf, subleaf, register) => leaf >>> 0 === 0x8000_0007 ? 0 : real(leaf, subleaf, register)
    cpu.start()
    expect(cpuid(0x8000_0007)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 1 << 8 })
    host = real
    cpu.start()
  })

  test('has no SVM leaf, and no performance monitoring', () => {
    expect(cpuid(0x8000_000A)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 })
    expect(cpuid(0x0A)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 })
    expect(cpuid(0x8000_0000).eax).toBe(0x8000_0008)
    expect(cpuid(0).eax).toBe(0x0D)
  })

  test('of leaf 1 has no OSXSAVE until CR4 has it, and one processor', () => {
    const { ebx, ecx } = cpuid(1)
    expect(has(ecx, 27)).toBe(false)
    expect(ebx >>> 24).toBe(0)
    expect(ebx >>> 16 & 0xFF).toBe(1)
  })

  test('of XSAVE has x87, SSE and AVX and nothing else', () => {
    expect(cpu.guestXcr0()).toBe(7n)
    expect(cpuid(0x0D)).toEqual({ eax: 7, ebx: 832, ecx: 832, edx: 0 })
    expect(cpuid(0x0D, 2)).toEqual({ eax: 256, ebx: 576, ecx: 0, edx: 0 })
    // XSAVEOPT, XSAVEC, XGETBV with ECX = 1 and XSAVES, not XFD; the compact area's size; no supervisor state.
    expect(cpuid(0x0D, 1)).toEqual({ eax: 15, ebx: 832, ecx: 0, edx: 0 })
    xsave = bits(0, 2) // nothing that writes a compact area: it has no size
    expect(cpuid(0x0D, 1)).toEqual({ eax: 5, ebx: 0, ecx: 0, edx: 0 })
    xsave = all
    for (const subleaf of [3, 5, 9, 62, 63, 64, all]) expect(cpuid(0x0D, subleaf), `${subleaf}`).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 })
  })

  test('names the hypervisor', () => {
    const { ebx, ecx, edx } = cpuid(0x4000_0000)
    const name = Buffer.alloc(12)
    ;[ebx, ecx, edx].forEach((word, index) => name.writeUInt32LE(word, index * 4))
    expect(name.toString()).toBe('Typervisor  ')
  })

  // APM vol. 3, E.3 and E.4; SDM vol. 2, CPUID, leaf 0Bh.
  test.each([[0, 1, 0], [1, 2, 1], [2, 3, 2], [3, 4, 2], [4, 5, 3], [31, 32, 5]])('says which it is: %i of %i', (index, count, bits) => {
    cpu.setTopology(index, count)
    expect(cpuid(1).ebx >>> 16).toBe(index << 8 | count)
    expect(has(cpuid(1).edx, 28)).toBe(count > 1)
    expect(has(cpuid(0x8000_0001).ecx, 1)).toBe(count > 1)
    expect(cpuid(0x8000_0008).ecx).toBe(count > 1 ? bits << 12 | count - 1 : 0)
    expect(cpuid(0x0B, 0)).toEqual({ eax: 0, ebx: 1, ecx: 0x100, edx: index })
    expect(cpuid(0x0B, 1)).toEqual({ eax: bits, ebx: count, ecx: 0x201, edx: index })
    expect(cpuid(0x0B, 2)).toEqual({ eax: 0, ebx: 0, ecx: 2, edx: index })
    cpu.setTopology(0, 1)
  })

  test('of leaves that do not exist is zero', () => {
    fc.assert(fc.property(fc.oneof(fc.integer({ min: 0x22, max: 0x3FFF_FFFF }), fc.integer({ min: 0x4000_0200, max: 0x7FFF_FFFF }), fc.integer({ min: 0x8000_0021, max: all })),
      fc.integer({ min: 0, max: all }), (leaf, subleaf) => {
        expect(cpuid(leaf, subleaf)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 })
      }))
  })

  test('and CR4 agree: nothing may be enabled that is not offered', () => {
    const mask = cpu.guestCr4() as bigint
    const can = (bit: number) => (mask >> BigInt(bit) & 1n) === 1n
    // SDM vol. 3, 2.5: LA57, VMXE, SMXE, PCIDE, PKE, CET, PKS.
    for (const bit of [12, 13, 14, 17, 22, 23, 24]) expect(can(bit), `CR4.${bit}`).toBe(false)
    expect([can(11), can(16), can(18), can(20), can(21)]).toEqual([has(cpuid(7).ecx, 2), has(cpuid(7).ebx, 0), has(cpuid(1).ecx, 26), has(cpuid(7).ebx, 7), has(cpuid(7).ebx, 20)])
  })
})

const read = (index: number): bigint | undefined => cpu.read(index) ? BigInt.asUintN(64, cpu.value()) : undefined
const write = (index: number, value: bigint): boolean => Boolean(cpu.write(index, value))

describe('instructions that VT-x can keep from guests', () => {
  /** SDM vol. 3, table 25-7: the control's bit, what CPUID says, and the MSR that belongs to it. */
  const kept: [string, number, () => boolean, number?][] = [
    ['RDTSCP', 3, () => has(cpuid(0x8000_0001).edx, 27), 0xC000_0103],
    ['RDPID', 3, () => has(cpuid(7).ecx, 22), 0xC000_0103],
    ['INVPCID', 12, () => has(cpuid(7).ebx, 10)],
    ['XSAVES', 20, () => has(cpuid(0x0D, 1).eax, 3), 0xDA0],
    ['UMWAIT', 26, () => has(cpuid(7).ecx, 5), 0xE1],
  ]
  const withControls = (...numbers: number[]): void => {
    msrs = { 0x482: 1n << 63n, 0x48B: numbers.reduce((set, bit) => set | 1n << BigInt(32 + bit), 0n) }
    cpu.detect()
  }
  afterAll(() => {
    const whole = host
    host = (leaf, subleaf, register) => leaf === 1 && register === 2 ? all & ~bits(5) : whole(leaf, subleaf, register)
    cpu.detect() // AMD-V again
    host = whole
    cpu.start()
  })

  test.each(kept)('%s is offered where its control can be set', (_, control, offered, msr) => {
    withControls(control)
    expect(offered()).toBe(true)
    if (msr) expect(read(msr)).toBe(0n)
    withControls(...[3, 12, 20, 26].filter(other => other !== control))
    expect(offered()).toBe(false)
    if (msr) expect([read(msr), write(msr, 0n)]).toEqual([undefined, false])
  })

  test('are not offered by a CPU that has the controls and not the instructions', () => {
    const whole = host
    host = (leaf, subleaf, register) => {
      const value = whole(leaf, subleaf, register)
      if (leaf >>> 0 === 0x8000_0001 && register === 3) return value & ~bits(27)
      if (leaf === 7) return register === 1 ? value & ~bits(10) : register === 2 ? value & ~bits(5, 22) : value
      return leaf === 0x0D && subleaf === 1 && register === 0 ? value & ~bits(3) : value
    }
    withControls(3, 12, 20, 26)
    host = whole
    expect(kept.slice(0, 3).map(([, , offered]) => offered())).toEqual([false, false, false])
    expect(kept[4][2]()).toBe(false)
    for (const msr of [0xC000_0103, 0xDA0, 0xE1]) expect(read(msr)).toBeUndefined()
  })
})

describe('MSRs', () => {
  test('that do not exist fault, read or written', () => {
    const some = fc.oneof(fc.integer({ min: 0x1000, max: 0xBFFF_FFFF }), fc.integer({ min: 0xC000_2000, max: 0xC000_FFFF }), fc.integer({ min: 0xC001_2000, max: all }),
      fc.constantFrom(0x3A, 0x48, 0x49, 0x8F, 0x186, 0x480, 0x4C1, 0xC001_0117, 0xC001_0200))
    fc.assert(fc.property(some, fc.bigInt(0n, (1n << 64n) - 1n), (index, value) => {
      expect([read(index), write(index, value)]).toEqual([undefined, false])
    }))
  })

  test('EFER takes what CPUID offers, and never SVME', () => {
    expect(write(0xC000_0080, 1n << 12n)).toBe(false)
    expect(write(0xC000_0080, 1n << 13n)).toBe(false)
    expect(write(0xC000_0080, 1n << 63n)).toBe(false)
    expect(write(0xC000_0080, 1n | 1n << 8n | 1n << 11n)).toBe(true)
    expect(read(0xC000_0080)).toBe(1n | 1n << 8n | 1n << 11n)
    expect(write(0xC000_0080, 0n)).toBe(true)
  })

  test('TSC and TSC_ADJUST move together: SDM vol. 3, 18.17.3', () => {
    const tsc = read(0x10)!
    const adjust = read(0x3B)!
    expect(write(0x10, tsc + 1000n)).toBe(true)
    expect(read(0x3B)).toBe(adjust + 1000n)
    expect(write(0x3B, 0n)).toBe(true)
    expect(read(0x10)).toBe(tsc - adjust)
    now += 500n
    expect(read(0x10)).toBe(tsc - adjust + 500n)
  })

  test('TSC_AUX is the CPU\'s as soon as it is written; SDM vol. 4, table 2-2: bits 63:32 are reserved', () => {
    written.length = 0
    expect([write(0xC000_0103, 0x1234_5678n), read(0xC000_0103)]).toEqual([true, 0x1234_5678n])
    expect([write(0xC000_0103, 1n << 32n), read(0xC000_0103)]).toEqual([false, 0x1234_5678n])
    expect(written).toEqual([[0xC000_0103, 0x1234_5678n]])
  })

  test('UMWAIT_CONTROL has a reserved bit 1', () => {
    written.length = 0
    expect([write(0xE1, 0x1_86A1n), write(0xE1, 2n), write(0xE1, 1n << 32n), read(0xE1)]).toEqual([true, false, false, 0x1_86A1n])
    expect(written).toEqual([[0xE1, 0x1_86A1n]])
  })

  test('XSS takes nothing, since no supervisor state is offered', () => {
    written.length = 0
    expect([read(0xDA0), write(0xDA0, 0n), write(0xDA0, 1n << 8n), write(0xDA0, 1n << 11n)]).toEqual([0n, true, false, false])
    expect(written).toEqual([])
  })
})
