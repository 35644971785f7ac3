/** A first look at the instruction of an exit: most are one of four that have no operands. */
import { load64 } from '../../kernel/hw'
import { hostAddress, NotRam } from '../guest/memory'
import { Access, Untranslated } from '../guest/paging'
import { recall, translate } from '../guest/walk'
import { Processor } from '../../capability/vcpu'

/** CPUID, RDMSR, WRMSR and HLT without prefixes, as they lie in memory. */
const Cpuid: u32 = 0xA20F
const Rdmsr: u32 = 0x320F
const Wrmsr: u32 = 0x300F
const Hlt: u32 = 0xF4

/**
 * The length of the instruction at CS:RIP if it is one of the four, otherwise 0 and no fault is noted that matters: `fetch` looks again.
 * Needs of `cpu` what `readCodeState` fills.
 */
export function usualLength(cpu: Processor): u32 {
  const linear = cpu.codeSize == 64 ? cpu.rip : cpu.csBase + cpu.rip & 0xFFFF_FFFF
  if ((linear & 0xFFF) > 0xFF8) return 0
  const access = Access.Fetch | (cpu.cpl == 3 ? Access.User : 0)
  let gpa = recall(cpu, linear, access)
  if (gpa == Untranslated) {
    gpa = translate(cpu, linear, access)
    if (gpa == Untranslated) return 0
  }
  const hpa = hostAddress(gpa)
  if (hpa == NotRam) return 0
  const code = <u32>load64(hpa)
  const word = code & 0xFFFF
  if (word == Wrmsr || word == Cpuid || word == Rdmsr) return 2
  return (code & 0xFF) == Hlt ? 1 : 0
}
