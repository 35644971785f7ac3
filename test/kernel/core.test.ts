/** Threads of one core, by the APIC ids and CPUIDs of processors that there are. */
import { beforeAll, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

/** CPUID's EAX, EBX, ECX and EDX by leaf, of subleaf 0. */
type Cpuid = Record<number, number[]>

let nucleus: Record<string, any>
let leaves: Cpuid = {}

beforeAll(async () => {
  const cpuid = (leaf: number, _: number, register: number) => leaves[leaf >>> 0]?.[register] ?? 0
  nucleus = (await instantiate('test/kernel/core.entry.ts', { imports: { hw: { cpuid } } })).exports
})

function cores(cpu: Cpuid, apicIds: number[]): number[][] {
  leaves = cpu
  nucleus.clear()
  for (const id of apicIds) nucleus.addCpu(id)
  return apicIds.map((_, n) => apicIds.map((_, other) => other).filter(other => nucleus.coreOf(n) >>> other & 1))
}

/** SDM vol. 2, CPUID, leaf 0Bh: bits to the next level, threads, level type 1 (SMT) in ECX[15:8]. */
const leafB = (bits: number, threads: number): Cpuid => ({ 0: [0x16], 0x0B: [bits, threads, 1 << 8] })
/** APM vol. 3, Fn8000_001E: threads of a core, less one, in EBX[15:8]. */
const leaf1E = (threads: number): Cpuid => ({ 0: [0x0D], 0x8000_0000: [0x8000_001F], 0x8000_001E: [0, threads - 1 << 8] })

test('Intel: two threads a core, in the order of a MADT that names first threads first', () => {
  expect(cores(leafB(1, 2), [0, 2, 4, 6, 1, 3, 5, 7])).toEqual([[0, 4], [1, 5], [2, 6], [3, 7], [0, 4], [1, 5], [2, 6], [3, 7]])
})
test('Intel: threads switched off in the firmware, the bit for them left in the ids', () => {
  expect(cores(leafB(1, 1), [0, 2, 4])).toEqual([[0], [1], [2]])
})
test('Intel: one core with two threads among such with one', () => {
  expect(cores(leafB(1, 2), [0, 1, 8, 10, 12])).toEqual([[0, 1], [0, 1], [2], [3], [4]])
})
test('x2APIC ids beyond 255, four threads a core', () => {
  expect(cores(leafB(2, 4), [0x100, 0x101, 0x102, 0x103, 0x104, 0x105])).toEqual([[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [4, 5], [4, 5]])
})
test('AMD without leaf 0Bh: by 8000_001Eh', () => {
  expect(cores(leaf1E(2), [0, 1, 2, 3])).toEqual([[0, 1], [0, 1], [2, 3], [2, 3]])
  expect(cores(leaf1E(1), [0, 1, 2, 3])).toEqual([[0], [1], [2], [3]])
})
test('both leaves: 0Bh counts', () => { expect(cores({ ...leaf1E(2), ...leafB(0, 1) }, [0, 1])).toEqual([[0], [1]]) })
test('a leaf 0Bh that is empty says nothing', () => { expect(cores({ ...leaf1E(2), 0: [0x0D], 0x0B: [0, 0, 0] }, [0, 1])).toEqual([[0, 1], [0, 1]]) })
test('a CPU that tells of no threads has cores of one', () => { expect(cores({ 0: [4], 0x8000_0000: [0x8000_0008] }, [0, 1, 2])).toEqual([[0], [1], [2]]) })
