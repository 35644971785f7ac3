/** The registers that guests keep over exits and the nucleus does not use, given from one vCPU to another: each finds its own. */
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

/** All state components that guests may use. */
const Host = 7n
/** What a guest sees of such registers: XCR0, DR0 to DR3, and all that XSAVE saves. */
interface Registers { xcr0: bigint, dr: bigint[], extended: bigint }
const atPowerOn = (): Registers => ({ xcr0: 1n, dr: [0n, 0n, 0n, 0n], extended: 0n })

/** The processor's, and host memory by its addresses. */
let processor: Registers
let areas: Map<bigint, bigint>
let vcpus: Record<string, any>

/** CPUID of a processor with XSAVE and AVX. */
function cpuid(leaf: number, _: number, register: number): number {
  if (leaf >>> 0 === 0x8000_0000 && register === 0) return 0x8000_0008
  if (leaf === 0 && register === 0) return 0x0D
  if (leaf === 1 && register === 2) return 1 << 26
  return leaf === 0x0D && register === 0 ? Number(Host) : 0
}

// A component that XCR0 does not have is neither saved nor restored. SDM vol. 1, 13.7.
const all = () => { if (processor.xcr0 !== Host) throw new Error(`XCR0 is ${processor.xcr0}`) }

beforeEach(async () => {
  processor = { xcr0: 0n, dr: [0n, 0n, 0n, 0n], extended: 0n }
  areas = new Map()
  const hw: Record<string, (...args: any[]) => any> = {
    cpuid, readCr0: () => 0n, writeCr0: () => {}, readCr4: () => 0n, writeCr4: () => {}, readMsr: () => 0n, writeMsr: () => {},
    readXcr0: () => processor.xcr0, writeXcr0: (value: bigint) => { processor.xcr0 = value },
    xsave: (area: bigint) => { all(); areas.set(area, processor.extended) },
    xrstor: (area: bigint) => { all(); processor.extended = areas.get(area)! },
    zero: (area: bigint) => { areas.set(area, 0n) }, store16: () => {}, store32: () => {},
  }
  for (const n of [0, 1, 2, 3]) {
    hw[`readDr${n}`] = () => processor.dr[n]
    hw[`writeDr${n}`] = (value: bigint) => { processor.dr[n] = value }
  }
  vcpus = (await instantiate('test/kernel/switch.entry.ts', { imports: { hw } })).exports
})

test('are whole and nobody else\'s, whoever runs after whom, is set down or begins anew', () => {
  const number = fc.integer({ min: 0, max: 2 })
  const registers = fc.record({ xcr0: fc.constantFrom(1n, 3n, 7n), dr: fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3n), fc.bigInt(0n, 3n), fc.bigInt(0n, 3n)), extended: fc.bigInt(0n, 99n) })
  const step = fc.record({ kind: fc.constantFrom('run', 'run', 'take', 'powerOn'), number, writes: fc.option(registers) })
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), steps => {
    vcpus.start()
    const should = [0, 1, 2].map(atPowerOn)
    for (const one of steps) {
      if (one.kind === 'take') vcpus.take(one.number)
      else if (one.kind === 'powerOn') {
        vcpus.powerOn(one.number)
        should[one.number] = atPowerOn()
      } else {
        vcpus.give(one.number)
        expect(processor).toEqual(should[one.number])
        if (!one.writes) continue
        processor = { ...one.writes, dr: [...one.writes.dr] }
        should[one.number] = structuredClone(processor)
      }
    }
  }), { numRuns: 300, seed: 17 })
})
