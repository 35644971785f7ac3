/** How often the exit path reads and writes the VMCS: it runs in Node, over a VMCS that counts. */
import { instantiate } from '../sandbox.ts'

/** What is counted of one exit. */
export interface Accesses { reads: number, writes: number }

// Appendix B and C of the SDM's volume 3.
const EXIT_REASON = 0x4402, INSTRUCTION_LENGTH = 0x440C, RFLAGS = 0x6820
const CPUID = 10, RDMSR = 31, WRMSR = 32
const APIC_BASE = 0x1Bn, TSC_ADJUST = 0x3Bn

const EXITS = [
  { name: 'cpuid', reason: CPUID, registers: [0n, 0n, 0n] },
  { name: 'rdmsr-apic-base', reason: RDMSR, registers: [0n, APIC_BASE, 0n] },
  { name: 'tsc-adjust-write', reason: WRMSR, registers: [5n, TSC_ADJUST, 0n] },
]

/** By the names of test/bench/table.ts. The second of two exits is counted: the first has the VMCS's first launch in it. */
export async function vmcsAccesses(): Promise<Map<string, Accesses>> {
  const vmcs = new Map<number, bigint>([[RFLAGS, 0x202n]])
  let reads = 0, writes = 0, reason = 0
  const hw = {
    // CPUID 1 ECX[5]: VMX.
    cpuid: (leaf: number, _: number, register: number) => leaf === 1 && register === 2 ? 1 << 5 : 0,
    readMsr: () => 0n,
    readTsc: () => 1_000_000n,
    readCr0: () => 0x8001_0033n, readCr3: () => 0n, readCr4: () => 0x2020n,
    imageAddress: () => 0n,
    invept: () => {}, vmclear: () => {}, vmptrld: () => {},
    vmread: (field: number) => { reads++; return vmcs.get(field) ?? 0n },
    vmwrite: (field: number, value: bigint) => { writes++; vmcs.set(field, value) },
    vmxRun: () => { vmcs.set(EXIT_REASON, BigInt(reason)); vmcs.set(INSTRUCTION_LENGTH, 2n); return 0 },
  }
  const { exports } = await instantiate('test/bench/vmcs.entry.ts', { imports: { hw } })
  exports.start()
  const counted = new Map<string, Accesses>()
  for (const exit of EXITS) {
    reason = exit.reason
    for (let turn = 0; turn < 2; turn++) {
      exports.setRegisters(...exit.registers)
      reads = writes = 0
      exports.exit()
    }
    counted.set(exit.name, { reads, writes })
  }
  return counted
}
