/** Which processors are threads of one core: those whose APIC ids differ only in the bits that tell threads apart. */
import * as hw from '../hw'
import { cpu, cpuCount } from './cpu'

/** The level type of leaf 0Bh's subleaf 0. */
const Smt: u32 = 1

/** Bits of an APIC id that tell the threads of a core apart: leaf 0Bh, SDM vol. 3, 9.9.3.1; where there is none 8000_001Eh, APM vol. 3, E.4.17. */
function threadBits(): u32 {
  if (hw.cpuid(0, 0, 0) >= 0x0B && (hw.cpuid(0x0B, 0, 2) >> 8 & 0xFF) == Smt) return hw.cpuid(0x0B, 0, 0) & 0x1F
  return hw.cpuid(0x8000_0000, 0, 0) >= 0x8000_001E ? 32 - clz(hw.cpuid(0x8000_001E, 0, 1) >> 8 & 0xFF) : 0
}

/** The processors of one's core, itself among them, as a set. */
export function coreOf(number: u32): u32 {
  const bits = threadBits()
  let core: u32 = 0
  for (let n: u32 = 0; n < cpuCount(); n++) if (cpu(n).apicId >> bits == cpu(number).apicId >> bits) core |= <u32>1 << n
  return core
}
