/** Whether guests can run, why not, and how VMX is switched on. SDM vol. 3, 24.7. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Cpu, FEATURE_CONTROL, start } from './cpu.ts'
import { broadwell, coffeeLake, type Msrs, penryn, sandyBridge, silvermont } from './processors.ts'

const REGION = 0x1234_5000n
let machine: Awaited<ReturnType<typeof start>>
beforeAll(async () => { machine = await start() })

/** What `check` says, in words; '' when guests can run. */
function reason(msrs: Msrs, ecx?: number): string {
  machine.on(new Cpu(msrs, ecx))
  const found = machine.exports.check()
  return machine.text(machine.exports.reasonText(found))
}

/** The MSR with a control's allowed-1 bit cleared, in both forms of it that there are. */
function without(msrs: Msrs, index: number, bit: number): Msrs {
  const both = index >= 0x481 && index <= 0x484 ? [index, index + 12] : [index]
  return { ...msrs, ...Object.fromEntries(both.map(msr => [msr, msrs[msr] & ~(1n << BigInt(32 + bit))])) }
}

test.each(Object.entries({ sandyBridge, silvermont, broadwell, coffeeLake }))('guests can run on %s', (name, msrs) => { expect(reason(msrs)).toBe('') })

describe('guests cannot run', () => {
  test('without VMX', () => { expect(reason({}, 0)).toMatch(/no hardware virtualization.*VT-x.*enable/) })
  test('without EPT', () => { expect(reason(penryn)).toMatch(/no EPT.*newer CPU/) })
  test('without unrestricted guests', () => { expect(reason(without(sandyBridge, 0x48B, 7))).toMatch(/no unrestricted guests.*newer CPU/) })
  test('where VMX is locked off', () => {
    for (const control of [0b001n, 0b011n]) expect(reason({ ...sandyBridge, [FEATURE_CONTROL]: control })).toMatch(/locked by the firmware.*firmware setup/)
  })

  test.each([
    [0x481, 0, 'external-interrupt exiting'], [0x481, 3, 'NMI exiting'], [0x481, 5, 'virtual NMIs'],
    [0x482, 2, 'interrupt-window exiting'], [0x482, 3, 'use TSC offsetting'], [0x482, 7, 'HLT exiting'], [0x482, 10, 'MWAIT exiting'], [0x482, 11, 'RDPMC exiting'],
    [0x482, 22, 'NMI-window exiting'], [0x482, 25, 'use I/O bitmaps'], [0x482, 28, 'use MSR bitmaps'], [0x482, 29, 'MONITOR exiting'],
    [0x483, 2, 'save debug controls'], [0x483, 9, 'host address-space size'], [0x483, 18, 'save IA32_PAT'], [0x483, 19, 'load IA32_PAT (exit)'],
    [0x483, 20, 'save IA32_EFER'], [0x483, 21, 'load IA32_EFER (exit)'],
    [0x484, 2, 'load debug controls'], [0x484, 9, 'IA-32e mode guest'], [0x484, 14, 'load IA32_PAT (entry)'], [0x484, 15, 'load IA32_EFER (entry)'],
  ])('without bit %#x.%i, which is named', (index, bit, name) => {
    expect(reason(without(sandyBridge, index, bit))).toMatch(new RegExp(`newer CPU.*The control is: ${name.replace(/[()]/g, '\\$&')}$`))
  })

  test('where every CR3 access exits', () => {
    expect(reason({ ...sandyBridge, 0x48E: sandyBridge[0x482] })).toMatch(/CR3/)
  })
})

describe('IA32_FEATURE_CONTROL', () => {
  function enabled(control: bigint): Cpu {
    const cpu = new Cpu({ ...sandyBridge, [FEATURE_CONTROL]: control })
    machine.on(cpu)
    expect(machine.exports.check()).toBe(0)
    expect(machine.exports.enable(REGION, 0n)).toBe(0)
    return cpu
  }

  test('is left as it is when it is locked with VMX on', () => { expect(enabled(0x10_0005n).msrs[FEATURE_CONTROL]).toBe(0x10_0005n) })
  test('is locked with VMX on when the firmware left it open', () => {
    expect(enabled(0n).msrs[FEATURE_CONTROL]).toBe(5n)
    expect(enabled(4n).msrs[FEATURE_CONTROL]).toBe(5n)
    expect(enabled(0x10_0002n).msrs[FEATURE_CONTROL]).toBe(0x10_0007n)
  })
  test('is not touched by asking whether guests can run', () => {
    const cpu = new Cpu({ ...sandyBridge, [FEATURE_CONTROL]: 0n })
    machine.on(cpu)
    machine.exports.check()
    expect(cpu.msrs[FEATURE_CONTROL]).toBe(0n)
  })
})

describe('VMXON', () => {
  test('finds CR0, CR4 and its region as it wants them', () => {
    const cpu = new Cpu({ ...coffeeLake })
    machine.on(cpu)
    machine.exports.check()
    expect(machine.exports.enable(REGION, 0n)).toBe(0)
    expect(cpu.vmxonRegion).toBe(REGION)
    expect(cpu.cr0).toBe(0x8001_0031n)
    expect(cpu.cr4).toBe(0x2020n)
    expect([...cpu.stored]).toEqual([[REGION, 4]])
  })

  test('that is refused is a reason', () => {
    const cpu = new Cpu({ ...sandyBridge })
    machine.on(cpu)
    machine.exports.check()
    machine.exports.enable(REGION, 0n)
    const refused = machine.exports.enable(REGION + 0x1000n, 0n) // in VMX operation already
    expect(machine.text(machine.exports.reasonText(refused))).toMatch(/refused VMXON.*power-cycle/)
  })
})

test('VMXOFF comes before CR4.VMXE is cleared, and VMX can be switched on again', () => {
  const cpu = new Cpu({ ...coffeeLake })
  machine.on(cpu)
  machine.exports.check()
  machine.exports.enable(REGION, 0n)
  machine.exports.disable()
  expect(cpu.cr4).toBe(0x20n)
  expect(() => cpu.vmxOff()).toThrow('outside VMX operation')
  expect(machine.exports.enable(REGION, 0n)).toBe(0)
})
