/** What a failed VM entry is said to have failed for: the checks of SDM vol. 3, 27.2 and 27.3, on a VMCS that breaks that one alone. */
import { readFileSync } from 'node:fs'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../../sandbox.ts'
import { coffeeLake } from './processors.ts'

// SDM vol. 3, appendix B.
const fields = {
  vpid: 0x0000, esSelector: 0x0800, csSelector: 0x0802, ssSelector: 0x0804, dsSelector: 0x0806, fsSelector: 0x0808, gsSelector: 0x080A, ldtrSelector: 0x080C, trSelector: 0x080E,
  hostEs: 0x0C00, hostCs: 0x0C02, hostFs: 0x0C08, hostTr: 0x0C0C, portMapA: 0x2000, portMapB: 0x2002, msrMap: 0x2004, virtualApic: 0x2012, apicAccess: 0x2014, eptPointer: 0x201A,
  linkPointer: 0x2800, debugControl: 0x2802, pat: 0x2804, efer: 0x2806, pdpte0: 0x280A, pdpte3: 0x2810, hostPat: 0x2C00, hostEfer: 0x2C02,
  pin: 0x4000, primary: 0x4002, exit: 0x400C, entry: 0x4012, event: 0x4016, tprThreshold: 0x401C, secondary: 0x401E, instructionError: 0x4400, exitReason: 0x4402,
  esLimit: 0x4800, csLimit: 0x4802, ssLimit: 0x4804, dsLimit: 0x4806, fsLimit: 0x4808, gsLimit: 0x480A,
  es: 0x4814, cs: 0x4816, ss: 0x4818, ds: 0x481A, fs: 0x481C, gs: 0x481E, ldtr: 0x4820, tr: 0x4822, interruptibility: 0x4824, activity: 0x4826,
  cr0: 0x6800, cr3: 0x6802, cr4: 0x6804, esBase: 0x6806, csBase: 0x6808, ssBase: 0x680A, dsBase: 0x680C, fsBase: 0x680E, gsBase: 0x6810, ldtrBase: 0x6812, trBase: 0x6814,
  gdtrBase: 0x6816, idtrBase: 0x6818, dr7: 0x681A, rip: 0x681E, rflags: 0x6820, pending: 0x6822, sysenterEsp: 0x6824, sysenterEip: 0x6826,
  hostCr0: 0x6C00, hostCr3: 0x6C02, hostCr4: 0x6C04, hostFsBase: 0x6C06, hostGsBase: 0x6C08, hostTrBase: 0x6C0A, hostGdtrBase: 0x6C0C,
  hostIdtrBase: 0x6C0E, hostSysenterEsp: 0x6C10, hostSysenterEip: 0x6C12, hostRip: 0x6C16,
}
type State = Partial<Record<keyof typeof fields, bigint>>

const vmcs = new Map<number, bigint>()
const ram = new Map<bigint, bigint>()
let failure = 0
let atEntry: State = {}
let loaded = false
let current = 0n
// With the virtualized APIC that Xeons of its kind have.
const msrs: Record<number, bigint> = { ...coffeeLake, 0x48B: 0x5F_BFFF_0000_0000n, 0x277: 0x0007_0406_0007_0406n, 0xC000_0080: 0xD01n, 0xC000_0100: 0n, 0xC000_0101: 0n }
const hw = {
  cpuid: (leaf: number, subleaf: number, register: number) => leaf === 1 && register === 2 ? 1 << 5 : 0,
  readMsr: (index: number) => BigInt.asIntN(64, msrs[index >>> 0]),
  readCr0: () => 0x8001_0031n, readCr3: () => 0x1000n, readCr4: () => 0x2020n, imageAddress: () => -0x7FFF_F000n,
  invept: () => {}, invvpid: () => {}, vmclear: () => { loaded = false }, vmptrld: (hpa: bigint) => {
    loaded = true
    current = hpa
  },
  vmread: (field: number) => {
    if (!loaded) throw new Error('VMREAD without a VMCS')
    return BigInt.asIntN(64, vmcs.get(field) ?? 0n)
  },
  vmwrite: (field: number, value: bigint) => { vmcs.set(field, BigInt.asUintN(64, value)) },
  vmxRun: () => {
    set(atEntry)
    if (failure === 2) loaded = false
    return failure
  },
  load64: (hpa: bigint) => ram.get(hpa) ?? 0n,
}

/** The nucleus's answers; physical addresses have 39 bits. */
const refusal = {
  number: (key: number) => key >= 0x100 ? machine.exports.feature(key - 0x100) : key === 2 ? 39n : BigInt(machine.exports.error() >>> 0),
  field: (encoding: number) => machine.exports.field(encoding),
}

let machine: Awaited<ReturnType<typeof instantiate>>
beforeAll(async () => { machine = await instantiate('test/vmx/intel/entry.entry.ts', { imports: { hw, refusal } }) })
beforeEach(() => {
  vmcs.clear()
  ram.clear()
  failure = 0
  atEntry = {}
  machine.exports.start()
})

function set(state: State): void { for (const [name, value] of Object.entries(state)) vmcs.set(fields[name as keyof State], BigInt.asUintN(64, value)) }
function text(pointer: number): string {
  return Buffer.from(machine.memory.buffer, pointer, new DataView(machine.memory.buffer).getUint32(pointer - 4, true)).toString('utf16le')
}

/** An entry that fails: `error` is the VM-instruction error, or 0 where the entry ends in an exit for `reason`. */
function refuse(state: State, error = 0, reason = 33n): string {
  set(state)
  failure = error ? 1 : 0
  atEntry = state // RIP too, which the nucleus writes last
  set({ instructionError: BigInt(error), exitReason: 1n << 31n | reason })
  machine.exports.enter()
  expect(machine.exports.exitReason()).toBe(16)
  machine.exports.explain()
  const { kind, part, rule, value } = machine.exports
  return text(kind()) + (text(rule()) && `: ${text(part())}=${BigInt.asUintN(64, value()).toString(16)}: ${text(rule())}`)
}

test('an instruction\'s length is read from its own vCPU\'s VMCS, whatever was done to another\'s after the exit', () => {
  machine.exports.touchOther()
  expect(current).toBe(0x9000n)
  machine.exports.instructionLength()
  expect(current).toBe(0x5000n)
})

// What a guest in such a mode has that differs from a reset one's.
const protectedMode: State = { cr0: 0x31n, cs: 0x9Bn, ss: 0x93n, ds: 0x93n, es: 0x93n, fs: 0x93n, gs: 0x93n, csBase: 0n, rip: 0x1000n }
const paeMode: State = { ...protectedMode, cr0: 0x8000_0031n, cr4: 0x2020n }
const longMode: State = { ...paeMode, cs: 0xA09Bn, csLimit: 0xFFFF_FFFFn, entry: 0x13FBn | 1n << 9n | 3n << 14n, efer: 0xD01n }
const virtualMode: State = {
  ...protectedMode, rflags: 0x2_0002n, csSelector: 0n, es: 0xF3n, cs: 0xF3n, ss: 0xF3n, ds: 0xF3n, fs: 0xF3n, gs: 0xF3n,
}
const NOTHING = /^invalid guest state$/

test.each(Object.entries({ reset: {}, protectedMode, paeMode, longMode, virtualMode }))('nothing is wrong with a guest in %s', (_, state) => {
  expect(refuse(state)).toMatch(NOTHING)
})
test.each([[7, 'controls', /^invalid control fields$/], [8, 'the host', /^invalid host state$/]] as const)('%i: nothing is wrong with %s', (error, _, said) => {
  expect(refuse({}, error)).toMatch(said)
})

/** Name, the state that it is about, and what is said. */
const guests: [string, State, RegExp][] = [
  ['CR0.NE', { cr0: 0x10n }, /: CR0=10: bits that VMX fixes/],
  ['PG without PE', { cr0: 0x8000_0030n }, /: CR0=80000030: PG needs PE/],
  ['IA-32e mode without PG', { ...longMode, cr0: 0x31n }, /: CR0=31: .*IA-32e mode needs PG/],
  ['CR4.VMXE', { cr4: 0n }, /: CR4=0: bits that VMX fixes/],
  ['IA-32e mode without PAE', { ...longMode, cr4: 0x2000n }, /: CR4=2000: IA-32e mode needs PAE/],
  ['PCIDE without IA-32e mode', { ...paeMode, cr4: 0x2_2020n }, /: CR4=22020: .*PCIDE needs IA-32e/],
  ['CR3', { cr3: 1n << 39n }, /: CR3=8000000000: it must be a physical address/],
  ['DR7', { dr7: 1n << 32n }, /: DR7=100000000: its upper half/],
  ['SYSENTER_ESP', { sysenterEsp: 1n << 47n }, /: SYSENTER_ESP=800000000000: .*canonical/],
  ['SYSENTER_EIP', { sysenterEip: 1n << 63n }, /: SYSENTER_EIP=8000000000000000: .*canonical/],
  ['PAT of type 2', { pat: 0x0007_0406_0007_0402n }, /: IA32_PAT=7040600070402: each byte/],
  ['PAT of type 8', { pat: 0x0807_0406_0007_0406n }, /: IA32_PAT=.*: each byte/],
  ['EFER', { efer: 2n }, /: IA32_EFER=2: only SCE/],
  ['LMA outside IA-32e mode', { efer: 0x400n }, /: IA32_EFER=400: .*LMA, and LME/],
  ['LME with paging outside IA-32e mode', { ...paeMode, efer: 0x100n }, /: IA32_EFER=100: .*LMA, and LME/],
  ['IA-32e mode without LMA', { ...longMode, efer: 0x100n }, /: IA32_EFER=100: .*LMA/],
  ['base of a segment in virtual-8086 mode', { ...virtualMode, dsSelector: 0x1000n }, /: DS=0: in virtual-8086 mode/],
  ['limit of a segment in virtual-8086 mode', { ...virtualMode, gsLimit: 0xFFn }, /: GS=0: in virtual-8086 mode/],
  ['rights of a segment in virtual-8086 mode', { ...virtualMode, ss: 0x93n }, /: SS=0: in virtual-8086 mode/],
  ['base of CS', { csBase: 1n << 32n }, /: CS=100000000: its base/],
  ['base of DS', { dsBase: 1n << 32n }, /: DS=100000000: its base/],
  ['base of FS', { fsBase: 1n << 47n }, /: FS=800000000000: its base must be canonical/],
  ['base of GS that is unusable', { gs: 0x1_0000n, gsBase: 1n << 47n }, /: GS=800000000000: its base must be canonical/],
  ['base of LDTR', { ldtrBase: 1n << 47n }, /: LDTR=800000000000: its base must be canonical/],
  ['base of TR', { trBase: 1n << 47n }, /: TR=800000000000: its base must be canonical/],
  ['selector of TR', { trSelector: 0xCn }, /: TR=C: its selector/i],
  ['selector of LDTR', { ldtrSelector: 4n }, /: LDTR=4: its selector/],
  ['type of ES', { es: 0x92n }, /: ES=92: it must be accessed data/],
  ['type of DS, code that cannot be read', { ds: 0x99n }, /: DS=99: it must be accessed data or readable code/],
  ['type of CS', { cs: 0x91n }, /: CS=91: it must be accessed code/],
  ['type of SS', { ss: 0x91n }, /: SS=91: it must be accessed data that can be written/],
  ['S of CS', { cs: 0x8Bn }, /: CS=8b: it must be accessed code/],
  ['LDTR', { ldtr: 0x83n }, /: LDTR=83: it must be an LDT/],
  ['TR', { tr: 0x89n }, /: TR=89: it must be a busy TSS/],
  ['TR in IA-32e mode', { ...longMode, tr: 0x83n }, /: TR=83: it must be a busy TSS/],
  ['TR that is unusable', { tr: 0x1_008Bn }, /: TR=1008b: it must be present and usable/],
  ['P of CS', { cs: 0x1Bn }, /: CS=1b: it must be present/],
  ['reserved rights', { fs: 0x193n }, /: FS=193: .*reserved bits of its rights/],
  ['granularity with a small limit', { ss: 0x8093n, ssLimit: 0xFFFEn }, /: SS=8093: its granularity/],
  ['granularity with a large limit', { esLimit: 0x10_0000n }, /: ES=93: its granularity/],
  ['L and D', { ...longMode, cs: 0xE09Bn }, /: CS=e09b: L and D/],
  ['DPL of CS', { ...protectedMode, cs: 0xFBn }, /: CS=fb: its DPL must be that of SS/],
  ['DPL of conforming code', { ...protectedMode, cs: 0xFFn }, /: CS=ff: its DPL must be that of SS/],
  ['DPL of CS that is data', { ...protectedMode, cs: 0xF3n }, /: CS=f3: its DPL .*0 for data/],
  ['DPL of SS in real mode', { cs: 0xFBn, ss: 0xF3n }, /: SS=60: its DPL must be 0 in real mode/],
  ['DPL of SS where CS is data', { ...protectedMode, cs: 0x93n, ss: 0xF3n }, /: SS=60: its DPL must be 0/],
  ['base of GDTR', { gdtrBase: 1n << 47n }, /: GDTR=800000000000: its base/],
  ['base of IDTR', { idtrBase: 1n << 47n }, /: IDTR=800000000000: its base/],
  ['RIP', { rip: 1n << 32n }, /: RIP=100000000: .*below 4 GiB/],
  ['RIP in 64-bit code', { ...longMode, rip: 1n << 47n }, /: RIP=800000000000: it must be canonical/],
  ['RFLAGS bit 1', { rflags: 0n }, /: RFLAGS=0: bit 1 must be 1/],
  ['RFLAGS reserved', { rflags: 0x8002n }, /: RFLAGS=8002: bit 1 must be 1 and reserved/],
  ['VM in real mode', { ...virtualMode, cr0: 0x30n }, /: RFLAGS=20002: VM needs protected mode/],
  ['VM in IA-32e mode', { ...longMode, ...virtualMode, cr0: 0x8000_0031n, csLimit: 0xFFFFn }, /: RFLAGS=20002: VM needs protected mode/],
  ['an interrupt without IF', { event: 0x8000_0020n }, /: RFLAGS=2: IF must be 1/],
  ['activity state', { activity: 4n }, /: activity state=4: it must exist/],
  ['activity state with interruptibility', { activity: 1n, interruptibility: 2n }, /: activity state=1: .*STI or MOV SS/],
  ['HLT above CPL 0', { ...protectedMode, activity: 1n, cs: 0xFBn, ss: 0xF3n }, /: activity state=1: .*CPL/],
  ['interruptibility reserved', { interruptibility: 0x20n }, /: interruptibility=20: only STI/],
  ['STI and MOV SS', { interruptibility: 3n, rflags: 0x202n }, /: interruptibility=3: only STI/],
  ['STI without IF', { interruptibility: 1n }, /: interruptibility=1: only STI with IF/],
  ['an interrupt after STI', { interruptibility: 1n, rflags: 0x202n, event: 0x8000_0020n }, /: interruptibility=1: nothing must block/],
  ['an NMI after MOV SS', { interruptibility: 2n, event: 0x8000_0202n }, /: interruptibility=2: nothing must block/],
  ['an NMI in an NMI', { interruptibility: 8n, event: 0x8000_0202n }, /: interruptibility=8: nothing must block/],
  ['pending debug exceptions reserved', { pending: 0x10n }, /: pending debug exceptions=10: reserved bits/],
  ['a single step that is not pending', { interruptibility: 2n, rflags: 0x102n }, /: pending debug exceptions=0: .*BS must be TF/],
  ['a single step that is pending without TF', { interruptibility: 2n, pending: 0x4000n }, /: pending debug exceptions=4000: .*BS must be TF/],
  ['link pointer', { linkPointer: 0n }, /: VMCS link pointer=0: it must be all ones/],
]

const controls: [string, State, RegExp][] = [
  ['event of a reserved type', { event: 0x8000_0100n }, /: event to inject=80000100: its type/],
  ['NMI of another vector', { event: 0x8000_0203n }, /: event to inject=80000203: its type/],
  ['exception of another vector', { event: 0x8000_0320n }, /: event to inject=80000320: its type/],
  ['error code in real mode', { event: 0x8000_0B0Dn }, /: event to inject=80000b0d: it must have an error code/],
  ['error code of #UD', { ...protectedMode, event: 0x8000_0B06n }, /: event to inject=80000b06: it must have an error code/],
  ['no error code of #GP', { ...protectedMode, event: 0x8000_030Dn }, /: event to inject=8000030d: it must have an error code/],
]

/** What the nucleus wrote, with these bits of one of its words the other way round. */
function flipped(word: 'pin' | 'primary' | 'secondary' | 'exit' | 'entry', ...bits: number[]): State {
  return { [word]: bits.reduce((value, bit) => value ^ 1n << BigInt(bit), vmcs.get(fields[word])!) }
}

/** Control words, made of what the nucleus wrote. */
const words: [string, () => State, RegExp][] = [
  ['bit that must be 1', () => flipped('pin', 1), /: pin-based controls=[0-9a-f]+: its bits must be those/],
  ['bit that must be 0', () => flipped('primary', 0), /: processor-based controls=[0-9a-f]+: its bits/],
  ['bit of the VM-exit controls', () => flipped('exit', 31), /: VM-exit controls=[0-9a-f]+: its bits/],
  ['bit of the VM-entry controls', () => flipped('entry', 31), /: VM-entry controls=[0-9a-f]+: its bits/],
  ['bit of the secondary controls', () => flipped('secondary', 31), /: secondary controls=[0-9a-f]+: its bits/],
  ['virtual NMIs without NMI exiting', () => flipped('pin', 3), /: pin-based controls=[0-9a-f]+: virtual NMIs need NMI exiting/],
  ['NMI-window exiting without virtual NMIs', () => ({ ...flipped('primary', 22), ...flipped('pin', 5) }), /: pin-based controls=[0-9a-f]+: NMI windows need virtual NMIs/],
  ['x2APIC mode without a TPR shadow', () => ({ ...flipped('primary', 21), ...flipped('secondary', 4) }), /: processor-based controls=[0-9a-f]+: virtual x2APIC mode needs/],
  ['APIC registers without a TPR shadow', () => ({ ...flipped('primary', 21), ...flipped('secondary', 8) }), /: virtual APIC registers need the TPR shadow/],
  ['interrupt delivery without a TPR shadow', () => ({ ...flipped('primary', 21), ...flipped('secondary', 9) }), /: interrupt delivery needs the TPR shadow/],
  ['interrupt delivery without external-interrupt exiting', () => ({ ...flipped('pin', 0), ...flipped('secondary', 9) }), /: pin-based controls=[0-9a-f]+: interrupt delivery needs external/],
  ['unrestricted guest without EPT', () => flipped('secondary', 1), /: secondary controls=[0-9a-f]+: unrestricted guests need EPT/],
  ['I/O bitmap A', () => ({ portMapA: 0x8001n }), /: I\/O bitmap A=8001: it must be the physical address of a page/],
  ['I/O bitmap B', () => ({ portMapB: 1n << 39n }), /: I\/O bitmap B=8000000000: it must be the physical/],
  ['MSR bitmap', () => ({ msrMap: 0x8800n }), /: MSR bitmap=8800: it must be the physical/],
  ['virtual-APIC page', () => ({ virtualApic: 0x7FFFn }), /: virtual-APIC page=7fff: it must be the physical/],
  ['APIC-access page', () => ({ ...flipped('secondary', 0), apicAccess: 4n }), /: APIC-access page=4: it must be the physical/],
  ['an APIC-access page that is not used', () => ({ apicAccess: 4n }), /^invalid control fields$/],
  ['VPID', () => ({ vpid: 0n }), /: VPID=0: it must not be 0/],
  ['EPT pointer', () => ({ eptPointer: 0x6018n }), /: EPT pointer=6018: it must be the physical address of write-back tables/],
  ['EPT pointer beyond physical addresses', () => ({ eptPointer: 1n << 40n | 0x1En }), /: EPT pointer=1000000001e: it must be/],
  ['TPR threshold', () => ({ tprThreshold: 16n }), /: TPR threshold=10: it must be a task priority/],
]

const hosts: [string, State, RegExp][] = [
  ['CR0', { hostCr0: 0x8001_0011n }, /^invalid host state: CR0=80010011: bits that VMX fixes/],
  ['CR4.VMXE', { hostCr4: 0x20n }, /: CR4=20: bits that VMX fixes/],
  ['CR4.PAE', { hostCr4: 0x2000n }, /: CR4=2000: bits that VMX fixes/],
  ['CR3', { hostCr3: 1n << 39n }, /: CR3=8000000000: it must be a physical address/],
  ['base of FS', { hostFsBase: 1n << 47n }, /: FS=800000000000: it must be canonical/],
  ['base of GS', { hostGsBase: 1n << 47n }, /: GS=800000000000: it must be canonical/],
  ['base of TR', { hostTrBase: 1n << 47n }, /: TR=800000000000: it must be canonical/],
  ['GDTR', { hostGdtrBase: 1n << 47n }, /: GDTR=800000000000: it must be canonical/],
  ['IDTR', { hostIdtrBase: 1n << 47n }, /: IDTR=800000000000: it must be canonical/],
  ['SYSENTER_ESP', { hostSysenterEsp: 1n << 47n }, /: SYSENTER_ESP=800000000000: it must be canonical/],
  ['SYSENTER_EIP', { hostSysenterEip: 1n << 47n }, /: SYSENTER_EIP=800000000000: it must be canonical/],
  ['PAT', { hostPat: 2n }, /: IA32_PAT=2: each byte/],
  ['EFER without LMA', { hostEfer: 0x901n }, /: IA32_EFER=901: LMA and LME must be 1/],
  ['ES of the LDT', { hostEs: 0x14n }, /: ES=14: it must be one of the GDT with RPL 0/],
  ['RPL of FS', { hostFs: 3n }, /: FS=3: it must be one of the GDT/],
  ['CS of 0', { hostCs: 0n }, /: CS=0: it must be one of the GDT/],
  ['TR of 0', { hostTr: 0n }, /: TR=0: it must be one of the GDT/],
  ['RIP', { hostRip: 1n << 47n }, /: RIP=800000000000: it must be canonical/],
]

test.each(guests)('guest: %s', (_, state, said) => { expect(refuse(state)).toMatch(said) })
test.each(controls)('controls: %s', (_, state, said) => { expect(refuse(state, 7)).toMatch(said) })

test.each(words)('controls: %s', (_, state, said) => { expect(refuse(state(), 7)).toMatch(said) })
test.each(hosts)('host: %s', (_, state, said) => { expect(refuse(state, 8)).toMatch(said) })

test('a PDPTE', () => {
  ram.set(0x20_0000n + 16n, 0x1003n | 1n << 63n)
  expect(refuse(paeMode)).toMatch(/: PDPTE 2=8000000000001003: it is present and has reserved bits/)
})

test('every rule has a test', () => {
  const source = readFileSync(new URL('../../../services/refusal/intel.ts', import.meta.url), 'utf8')
  const rules = [...source.matchAll(/, '([^']+)'\)/g)].map(([, rule]) => rule)
  expect(rules.length).toBeGreaterThan(25)
  const said = [
    ...guests.map(([, state]) => [() => state, 0] as const), ...controls.map(([, state]) => [() => state, 7] as const),
    ...words.map(([, state]) => [state, 7] as const), ...hosts.map(([, state]) => [() => state, 8] as const),
  ].map(([state, error]) => {
    machine.exports.start()
    return refuse(state(), error)
  }).join('\n')
  expect(rules.filter(rule => !said.includes(rule))).toEqual(['it is present and has reserved bits'])
})

describe('an entry that failed', () => {
  test.each([[34n, 'an MSR could not be loaded'], [41n, 'machine check']] as const)('for reason %i is called by its name', (reason, said) => { expect(refuse({ rflags: 0n }, 0, reason)).toBe(said) })
  test('with another VM-instruction error tells its number', () => {
    expect(refuse({}, 5)).toBe('VM-instruction error')
    expect(machine.exports.raw()).toBe(5n)
  })
  test('without a VMCS says so, and the VMCS is loaded again', () => {
    failure = 2
    machine.exports.enter()
    machine.exports.explain()
    expect(text(machine.exports.kind())).toBe('no VMCS was current')
    expect(loaded).toBe(true)
  })
  test('has launched nothing; one that did not has', () => {
    refuse({})
    expect(machine.exports.launched()).toBe(0)
    set({ exitReason: 10n })
    machine.exports.enter()
    expect(machine.exports.launched()).toBe(1)
    refuse({})
    expect(machine.exports.launched()).toBe(1)
    expect(machine.exports.raw()).toBe(0x8000_0021n)
  })
})

test.each([['real', {}, 0x8000_030Dn], ['protected', protectedMode, 0x8000_0B0Dn]] as const)('#GP in %s mode is injected as that mode has it', (_, state, event) => {
  set(state)
  machine.exports.inject(13, 1)
  machine.exports.enter()
  expect(vmcs.get(fields.event)).toBe(event)
})

test.each([
  ['none present', {}, 0], ['good', { 0: 0x1001n, 8: 0x2019n }, 0], ['R/W', { 24: 0x1003n }, 1], ['beyond the physical address', { 8: 1n << 39n | 1n }, 1], ['absent, whatever else is in it', { 8: 0x1E6n }, 0],
] as const)('PDPTEs: %s', (_, entries, refused) => {
  for (const [offset, entry] of Object.entries(entries)) ram.set(0x20_0020n + BigInt(offset), entry)
  expect(machine.exports.hasReservedPointer(0x3Fn)).toBe(refused)
})

// SDM vol. 3, 26.1.3: bit 30 of the primary controls is PAUSE exiting, bit 10 of the secondary PAUSE-loop exiting.
test.each([
  ['a loop of them where the CPU can tell', 0x5F_BFFF_0000_0000n, true, 0n, 1n << 10n], ['each one where it cannot', 0x5F_BBFF_0000_0000n, true, 1n << 30n, 0n],
  ['a loop of them also on a host of several CPUs', 0x5F_BFFF_0000_0000n, false, 0n, 1n << 10n], ['none there where the CPU cannot tell', 0x5F_BBFF_0000_0000n, false, 0n, 0n],
])('PAUSEs of a vCPU that has others beside it leave the guest: %s', (_, secondary, wanted, each, loop) => {
  const before = msrs[0x48B]
  msrs[0x48B] = secondary
  try {
    expect([vmcs.get(fields.primary)! & 1n << 30n, vmcs.get(fields.secondary)! & 1n << 10n]).toEqual([0n, 0n])
    machine.exports.startBesideOthers(wanted)
    expect([vmcs.get(fields.primary)! & 1n << 30n, vmcs.get(fields.secondary)! & 1n << 10n]).toEqual([each, loop])
  } finally {
    msrs[0x48B] = before
  }
})
