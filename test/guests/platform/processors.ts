/** The guest's other processors: INIT, 10 ms, a startup interrupt, and one goes on in the module's `processor` export. Intel SDM vol. 3, 9.4.4. */
import { spinFor } from './clock'
import { load8, store8 } from './hw'
import { sendTo } from './localapic'

@external('code', 'processorImage') declare function image(): u64
@external('code', 'processorSize') declare function imageSize(): u32

const Page: u32 = 8 // where the code is copied to; BASE of processors.asm
const Init: u32 = 0x4500
const Startup: u32 = 0x4600

/**
 * Starts the processor of this APIC id, at most 31. It runs `processor(id)` on a page of stack, with interrupts off and its local APIC as INIT leaves
 * it; all of the module's memory is everybody's.
 */
export function startProcessor(id: u32): void {
  const page = <u64>Page << 12
  for (let at: u32 = 0; at < imageSize(); at++) store8(page + at, load8(image() + at))
  sendTo(id, Init)
  spinFor(10_000)
  sendTo(id, Startup | Page)
}
