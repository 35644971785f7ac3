/** What a refused VMRUN is said to have been refused for: each rule of APM vol. 2, 15.5.1, on a VMCB that breaks that one alone. */
import { readFileSync } from 'node:fs'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../../sandbox.ts'

// APM vol. 2, appendix B: offset and bytes. The state save area begins at 400h.
const fields = {
  intercept1: [0x00C, 4], intercept2: [0x010, 4], pauseFilterCount: [0x03E, 2], iopm: [0x040, 8], msrpm: [0x048, 8], asid: [0x058, 4], exitCode: [0x070, 8], event: [0x0A8, 8], nestedCr3: [0x0B0, 8],
  csAttributes: [0x412, 2], efer: [0x4D0, 8], cr4: [0x548, 8], cr3: [0x550, 8], cr0: [0x558, 8], dr7: [0x560, 8], dr6: [0x568, 8], rflags: [0x570, 8], rip: [0x578, 8],
} as const
type State = Partial<Record<keyof typeof fields, bigint>>

const INVALID = 0xFFFF_FFFFn, CPUID = 0x72n
const leaves: Record<number, number[]> = { 0x8000_0000: [0x8000_000A], 0x8000_0001: [0, 0, 1 << 2, 0], 0x8000_000A: [1, 16, 0, 1] }
let exitCode = INVALID
const hw = {
  cpuid: (leaf: number, subleaf: number, register: number) => leaves[leaf >>> 0]?.[register] ?? 0,
  readCr3: () => 0x1000n,
  // As QEMU and Bochs do it: the state that is saved is the host's own, whoever it was that did not run.
  svmRun: () => {
    if (exitCode === INVALID) {
      new Uint8Array(machine.memory.buffer, machine.exports.save(), machine.exports.saveBytes()).fill(0xAA)
      set({ cr3: 0x1000n, efer: 0x1D01n, cr0: 0x8001_0011n, cr4: 0x20n, dr6: 0n, dr7: 0n })
    }
    set({ exitCode })
  },
}

/** The nucleus's answers; physical addresses have 40 bits. */
const refusal = { number: (key: number) => key === 2 ? 40n : 0n, field: (offset: number) => machine.exports.field(offset) }

let machine: Awaited<ReturnType<typeof instantiate>>
beforeAll(async () => { machine = await instantiate('test/vmx/amd/entry.entry.ts', { imports: { hw, refusal } }) })
beforeEach(() => {
  exitCode = INVALID
  machine.exports.start()
})

function set(state: State): void {
  const view = new DataView(machine.memory.buffer, machine.exports.control())
  for (const [name, value] of Object.entries(state)) {
    const [offset, bytes] = fields[name as keyof State]
    for (let byte = 0; byte < bytes; byte++) view.setUint8(offset + byte, Number(value >> BigInt(byte * 8) & 0xFFn))
  }
}
function get(name: keyof State): bigint { return new DataView(machine.memory.buffer, machine.exports.control()).getBigUint64(fields[name][0], true) }
function text(pointer: number): string {
  return Buffer.from(machine.memory.buffer, pointer, new DataView(machine.memory.buffer).getUint32(pointer - 4, true)).toString('utf16le')
}

function explained(): string {
  machine.exports.explain()
  const { kind, part, rule, value } = machine.exports
  return text(kind()) + (text(rule()) && `: ${text(part())}=${BigInt.asUintN(64, value()).toString(16)}: ${text(rule())}`)
}

/** A first entry that is refused. What it injects the nucleus writes at the entry. */
function refuse({ event, ...state }: State): string {
  set(state)
  machine.exports.enter()
  expect(machine.exports.exitReason()).toBe(16)
  if (event) set({ event })
  return explained()
}

const longMode: State = { cr0: 0x8001_0011n, cr4: 0x20n, efer: 0x1D00n, csAttributes: 0x29Bn }
const NOTHING = /^VMEXIT_INVALID$/

test.each(Object.entries({ reset: {}, longMode, protectedMode: { cr0: 0x31n }, compatibilityMode: { ...longMode, csAttributes: 0x49Bn } }))('nothing is wrong with a guest in %s', (_, state) => {
  expect(refuse(state)).toMatch(NOTHING)
})

const rules: [string, State, RegExp][] = [
  ['SVME', { efer: 0x500n }, /: EFER=500: SVME must be 1/],
  ['EFER reserved', { efer: 0x1002n }, /: EFER=1002: SVME must be 1 and reserved bits 0/],
  ['upper half of CR0', { cr0: 1n << 32n | 0x10n }, /: CR0=100000010: its upper half/],
  ['NW without CD', { cr0: 0x2000_0010n }, /: CR0=20000010: .*NW needs CD/],
  ['long mode without PE', { ...longMode, cr0: 0x8000_0010n }, /: CR0=80000010: .*long mode needs PE/],
  ['CR3', { cr3: 1n << 40n }, /: CR3=10000000000: it must be a physical address/],
  ['CR4 reserved', { cr4: 1n << 31n }, /: CR4=80000000: reserved bits/],
  ['long mode without PAE', { ...longMode, cr4: 0n }, /: CR4=0: .*long mode needs PAE/],
  ['DR6', { dr6: 1n << 32n }, /: DR6=100000000: its upper half/],
  ['DR7', { dr7: 1n << 63n }, /: DR7=8000000000000000: its upper half/],
  ['L and D', { ...longMode, csAttributes: 0x69Bn }, /: CS=69b: L and D/],
  ['VMRUN intercept', { intercept2: 2n }, /: intercepts=2: VMRUN must be/],
  ['I/O permission map', { iopm: (1n << 40n) - 0x2000n }, /: I\/O permission map=ffffffe000: all of it/],
  ['MSR permission map', { msrpm: (1n << 40n) - 0x1000n }, /: MSR permission map=fffffff000: all of it/],
  ['ASID', { asid: 0n }, /: ASID=0: it must not be 0/],
  ['nested CR3', { nestedCr3: 1n << 40n }, /: nested CR3=10000000000: it must be a physical address/],
  ['event of a reserved type', { event: 0x8000_0120n }, /: event to inject=80000120: its type/],
  ['event of another reserved type', { event: 0x8000_0520n }, /: event to inject=80000520: its type/],
  ['exception that is the NMI', { event: 0x8000_0302n }, /: event to inject=80000302: its type/],
  ['exception of another vector', { event: 0x8000_0320n }, /: event to inject=80000320: its type/],
]

test.each(rules)('%s', (_, state, said) => { expect(refuse(state)).toMatch(said) })

test('every rule has a test', () => {
  const source = readFileSync(new URL('../../../services/refusal/amd.ts', import.meta.url), 'utf8')
  const written = [...source.matchAll(/, '([^']+)'\)/g)].map(([, rule]) => rule)
  expect(written.length).toBe(13)
  const said = rules.map(([, state]) => {
    machine.exports.start()
    return refuse(state)
  }).join('\n')
  expect(written.filter(rule => !said.includes(rule))).toEqual([])
})

describe('a guest', () => {
  test('that VMRUN refuses keeps its state, which nobody has run with', () => {
    machine.exports.setRip(0x1234n)
    refuse({ cr3: 1n << 40n, rflags: 0x246n })
    expect([get('cr3'), get('rflags'), get('rip'), machine.exports.rip(), machine.exports.entered()]).toEqual([1n << 40n, 0x246n, 0x1234n, 0x1234n, 0])
  })
  test('that ran before has left what it was refused for in the VMCB', () => {
    exitCode = CPUID
    machine.exports.enter()
    exitCode = INVALID
    set({ cr3: 1n << 40n })
    machine.exports.enter()
    expect([get('cr3'), machine.exports.entered()]).toEqual([0x1000n, 0])
  })
  test('that freezes over an x87 error leaves as for #MF (APM vol. 2, 15.14.2 and appendix C)', () => {
    exitCode = 0x7En
    machine.exports.enter()
    expect([machine.exports.exitReason(), machine.exports.exitVector()]).toEqual([10, 16])
  })
})

// APM vol. 2, 15.14.4: bit 23 of the second vector of intercepts is PAUSE's; CPUID 8000_000Ah EDX[10] says that there is a filter.
test.each([
  ['a loop of them where the CPU can tell', 1 << 10, true, 1n, 3000n], ['each one where it cannot', 0, true, 1n, 0n],
  ['a loop of them also on a host of several CPUs', 1 << 10, false, 1n, 3000n], ['none there where the CPU cannot tell', 0, false, 0n, 0n],
])('PAUSEs of a vCPU that has others beside it leave the guest: %s', (_, filter, wanted, intercepted, count) => {
  leaves[0x8000_000A][3] |= filter
  try {
    machine.exports.startBesideOthers(wanted)
    expect([get('intercept1') >> 23n & 1n, get('pauseFilterCount') & 0xFFFFn]).toEqual([intercepted, count])
  } finally {
    leaves[0x8000_000A][3] &= ~filter
  }
})
