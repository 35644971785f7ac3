/** What vmx/intel/features.ts makes of the capability MSRs of processors that exist. The names of what they have are VirtualBox's reading of the same MSRs. */
import { beforeAll, describe, expect, test } from 'vitest'
import { offsetsOf } from '../../offsets.ts'
import { boot } from '../../services/world.ts'
import { Cpu, GeneralProtection, start } from './cpu.ts'
import { broadwell, coffeeLake, type Msrs, penryn, sandyBridge, silvermont } from './processors.ts'

let machine: Awaited<ReturnType<typeof start>>
beforeAll(async () => { machine = await start() })

function found(msrs: Msrs): string[] {
  machine.on(new Cpu(msrs))
  expect(machine.exports.detectFeatures()).toBe(1)
  return Object.keys(machine.exports).filter(name => /^has[A-Z]/.test(name) && machine.exports[name]() === 1).map(name => name.slice(3)).sort()
}

const always = ['ApicAccesses', 'TprShadow']
const withEpt = [...always, 'Ept', 'InvvpidSingle', 'LargeEptPages', 'Rdtscp', 'UnrestrictedGuest', 'Vpid']

test.each([
  { name: 'Penryn', msrs: penryn, features: always, revision: 0x0D, identifiers: 1 },
  { name: 'Sandy Bridge', msrs: sandyBridge, features: [...withEpt, 'X2ApicVirtualization'], revision: 0x10, identifiers: 65536 },
  { name: 'Silvermont', msrs: silvermont, features: withEpt, revision: 2, identifiers: 65536 },
  {
    name: 'Broadwell', msrs: broadwell, revision: 0x12, identifiers: 65536,
    features: [...withEpt, 'X2ApicVirtualization', 'EptAccessedDirty', 'HugePages', 'Invpcid', 'PauseLoopExiting'],
  },
  {
    name: 'Coffee Lake', msrs: coffeeLake, revision: 4, identifiers: 65536,
    features: [...withEpt, 'X2ApicVirtualization', 'EptAccessedDirty', 'HugePages', 'Invpcid', 'PauseLoopExiting', 'Xsaves'],
  },
])('$name', ({ msrs, features, revision, identifiers }) => {
  expect(found(msrs)).toEqual([...features].sort())
  expect(machine.exports.vmcsRevision()).toBe(revision)
  expect(machine.exports.identifiers()).toBe(identifiers)
})

describe('the capability MSRs', () => {
  const index = (name: string): number => ['basic', 'pinBased', 'processorBased', 'exit', 'entry', 'misc', 'cr0Fixed0', 'cr0Fixed1', 'cr4Fixed0', 'cr4Fixed1', '', 'secondary', 'eptVpid'].indexOf(name)
  const read = (name: string): bigint => BigInt.asUintN(64, machine.exports.capability(index(name) * 8))

  test('lie in the record in their order', async () => {
    const fields = ['basic', 'pinBased', 'processorBased', 'exit', 'entry', 'misc', 'cr0Fixed0', 'cr0Fixed1', 'cr4Fixed0', 'cr4Fixed1', 'secondary', 'eptVpid']
    const offsets = await offsetsOf('vmx/intel/features', 'Capabilities', fields)
    for (const field of fields) expect(offsets[field], field).toBe(index(field) * 8)
  })

  test('are the TRUE_ ones where IA32_VMX_BASIC[55] is set', () => {
    found(sandyBridge)
    expect(read('processorBased')).toBe(0xFFF9_FFFE_0400_6172n)
    expect(read('exit')).toBe(0x7F_FFFF_0003_6DFBn)
    expect(read('entry')).toBe(0xFFFF_0000_11FBn)
    found(penryn)
    expect(read('processorBased')).toBe(0xF7F9_FFFE_0401_E172n)
  })

  test('of one processor leave nothing of another\'s', () => {
    found(coffeeLake)
    found(penryn)
    expect(read('eptVpid')).toBe(0n)
    machine.on(new Cpu({}, 0))
    expect(machine.exports.detectFeatures()).toBe(0)
    expect(read('basic')).toBe(0n)
  })

  test('are not read where they do not exist', () => {
    // Primary controls that cannot activate secondary ones: no 48Bh and none of what that one tells of.
    const { 0x48B: _, ...first }: Msrs = { ...penryn, 0x482: penryn[0x482] & ~(1n << 63n) }
    expect(found(first)).toEqual(['TprShadow'])
    // And where one is said to exist it is read: this processor's is missing.
    const { 0x48C: __, ...broken }: Msrs = sandyBridge
    expect(() => found(broken)).toThrow(GeneralProtection)
  })
})

test('EPT counts only with four levels, write-back tables and INVEPT, VPIDs only with INVVPID', () => {
  for (const bit of [6n, 14n, 20n, 26n]) expect(found({ ...sandyBridge, 0x48C: sandyBridge[0x48C] & ~(1n << bit) })).not.toContain('Ept')
  for (const bit of [32n, 42n]) {
    expect(found({ ...sandyBridge, 0x48C: sandyBridge[0x48C] & ~(1n << bit) })).not.toContain('Vpid')
    expect(machine.exports.identifiers()).toBe(1)
  }
})

describe('the list that host info shows', () => {
  /** The console's list of what it is told of a processor with these MSRs. */
  async function shown(msrs: Msrs): Promise<Record<string, string[]>> {
    found(msrs)
    const words = [...Array(13).keys()].map(index => BigInt.asUintN(64, machine.exports.featureWord(index)))
    return (await boot(world => { world.vendor = 1n; world.features = words })).json('host info --json')
  }
  async function listed(msrs: Msrs): Promise<string[]> {
    const { featuresUsed, featuresUnused } = await shown(msrs)
    return [...featuresUsed, ...featuresUnused].sort()
  }

  test('of a processor without EPT', async () => {
    expect(await listed(penryn)).toEqual(['apic-accesses', 'interrupt-acknowledge', 'tpr-shadow', 'wbinvd-exiting'])
  })
  test('of one that has nearly all', async () => {
    expect(await listed(coffeeLake)).toEqual([
      'apic-accesses', 'descriptor-table-exiting', 'ept-1g', 'ept-2m', 'ept-accessed-dirty', 'ept-execute-only', 'ept-violation-ve', 'interrupt-acknowledge', 'invept-single',
      'invpcid', 'invvpid-address', 'invvpid-single', 'mode-based-execute', 'monitor-trap', 'pause-loop-exiting', 'pml', 'preemption-timer', 'rdtscp', 'tpr-shadow',
      'vmfunc', 'vpid', 'wbinvd-exiting', 'x2apic-virtualization', 'xsaves',
    ])
  })
  test('says of what virtualizes an APIC that it is used where the APIC delivers its own interrupts', async () => {
    const used = async (msrs: Msrs): Promise<string[]> => (await shown(msrs)).featuresUsed
    expect(await used(sandyBridge)).toEqual(['vpid', 'invvpid-single', 'ept-2m', 'tpr-shadow', 'wbinvd-exiting', 'rdtscp'])
    expect(await used(coffeeLake)).toEqual(['vpid', 'invvpid-single', 'ept-2m', 'ept-1g', 'ept-accessed-dirty', 'tpr-shadow', 'wbinvd-exiting', 'rdtscp', 'invpcid', 'xsaves', 'pause-loop-exiting'])
    const delivering: Msrs = { ...sandyBridge, 0x48B: sandyBridge[0x48B] | 3n << BigInt(32 + 8) }
    expect(await used(delivering)).toEqual([...await used(sandyBridge), 'apic-accesses', 'x2apic-virtualization', 'apic-register-virtualization', 'virtual-interrupt-delivery'])
  })
  test('has the name of each bit once', async () => {
    const only = (index: number, bit: number): Promise<string[]> => {
      const none: Msrs = Object.fromEntries([...Array(0x11).keys()].map(offset => [0x480 + offset, 0n]))
      // 48Bh and 48Ch are read only where others say that they are there.
      return listed({ ...none, 0x480: 1n << 55n, 0x482: 0n, 0x48E: 1n << 63n, 0x48B: 1n << 33n, [index]: (index === 0x48B ? 1n << 33n : 0n) | 1n << BigInt(bit) })
    }
    expect(await only(0x48D, 32 + 7)).toEqual(['posted-interrupts'])
    expect(await only(0x48B, 32 + 8)).toEqual(['apic-register-virtualization'])
    expect(await only(0x48B, 32 + 9)).toEqual(['virtual-interrupt-delivery'])
    expect(await only(0x48B, 32 + 14)).toEqual(['vmcs-shadowing'])
    expect(await only(0x48B, 32 + 25)).toEqual(['tsc-scaling'])
    expect(await only(0x48B, 32 + 26)).toEqual(['user-wait'])
  })
})
