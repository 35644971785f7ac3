/** Which processors are threads of one core, of processors with any APIC ids. */
import { cpu } from '../../kernel/cpu/cpu'
import { WindowLimit } from '../../kernel/memory/layout'

export { coreOf } from '../../kernel/cpu/core'

/** The host has one more processor. */
export function addCpu(apicId: u32): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  cpu(cpu(0).online).apicId = apicId
  cpu(0).online++
}
export function clear(): void { if (<u32>memory.size() >= <u32>(WindowLimit >> 16)) cpu(0).online = 0 }
