/** Boot information by Multiboot 1 and 2. It is untrusted: every address and length is checked before use. */
import { clearBootInformation } from './bootinformation'
import { clearBootLoader } from './bootloader'
import { clearRanges } from './memorymap'
import { readMultiboot1 } from './multiboot1'
import { readMultiboot2 } from './multiboot2'
import { clearProblems, Problem, report } from './problems'

/** What EAX holds at entry. Multiboot 0.6.96, 3.2; Multiboot 2, 3.3. */
export namespace MultibootMagic {
  export const One: u32 = 0x2BADB002
  export const Two: u32 = 0x36D76289
}

/**
 * Reads the boot information at `hpa` (EBX at entry) into the memory map, the modules and the rest of bootinformation.ts.
 * `magic` is EAX at entry. Returns false when nothing could be read; what was broken is in problems.ts.
 */
export function readBootInformation(magic: u32, hpa: u64): bool {
  clearBootInformation()
  clearRanges()
  clearBootLoader()
  clearProblems()
  if (magic == MultibootMagic.One) return readMultiboot1(hpa)
  if (magic == MultibootMagic.Two) return readMultiboot2(hpa)
  report(Problem.NotMultiboot, 0)
  return false
}
