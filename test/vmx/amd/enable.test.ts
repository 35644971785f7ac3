/** SVM switched on and off: EFER.SVME, before VM_HSAVE_PA and VMSAVE. APM vol. 2, 15.4 and 15.30.4. */
import { beforeAll, expect, test } from 'vitest'
import { instantiate } from '../../sandbox.ts'

const EFER = 0xC000_0080, VM_CR = 0xC001_0114, VM_HSAVE_PA = 0xC001_0117
const SVME = 1n << 12n
const msrs = new Map<number, bigint>()
const saved: bigint[] = []
const leaves: Record<number, number[]> = { 0x8000_0000: [0x8000_000A], 0x8000_0001: [0, 0, 1 << 2, 0], 0x8000_000A: [1, 16, 0, 1] }

/** VM_HSAVE_PA and VMSAVE exist only with SVME. */
function onlyWithSvme(what: string): void { if ((msrs.get(EFER)! & SVME) === 0n) throw new Error(`${what} without EFER.SVME`) }
const hw = {
  cpuid: (leaf: number, subleaf: number, register: number) => leaves[leaf >>> 0][register],
  readMsr: (index: number) => BigInt.asIntN(64, msrs.get(index >>> 0) ?? 0n),
  writeMsr: (index: number, value: bigint) => {
    if (index >>> 0 === VM_HSAVE_PA) onlyWithSvme('VM_HSAVE_PA written')
    msrs.set(index >>> 0, BigInt.asUintN(64, value))
  },
  svmSave: (hpa: bigint) => {
    onlyWithSvme('VMSAVE')
    saved.push(hpa)
  },
}

let machine: Awaited<ReturnType<typeof instantiate>>
beforeAll(async () => { machine = await instantiate('test/vmx/amd/enable.entry.ts', { imports: { hw } }) })

test('on and off leaves EFER as it was', () => {
  msrs.set(EFER, 0xD01n).set(VM_CR, 0n).set(VM_HSAVE_PA, 0n)
  expect(machine.exports.check()).toBe(0)
  expect(machine.exports.enable(0x5000n, 0x6000n)).toBe(0)
  expect([msrs.get(EFER), msrs.get(VM_HSAVE_PA), saved]).toEqual([0x1D01n, 0x5000n, [0x6000n]])
  machine.exports.disable()
  expect(msrs.get(EFER)).toBe(0xD01n)
})
