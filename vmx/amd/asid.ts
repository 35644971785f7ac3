/** Address space identifiers: given out in turn; when they run out all are forgotten at once. APM vol. 2, 15.16. */
import { Context } from '../context'
import { asids, hasFlushByAsid } from './features'
import { Clean, Vmcb } from './vmcb'

/** TLB_CONTROL. */
namespace Flush {
  export const None: u32 = 0
  export const All: u32 = 1
  export const Guest: u32 = 3
}

let next: u32 = 1
let generation: u32 = 1
let flushAll = false

/** Gives the context an ASID that nothing stale is cached under. Called when the context is switched to. */
export function assignAsid(context: Context): void {
  if (context.asidGeneration == generation) return
  if (next >= asids()) {
    generation++
    next = 1
    flushAll = true
  }
  context.asid = next++
  context.asidGeneration = generation
  const vmcb = changetype<Vmcb>(context.control)
  vmcb.asid = context.asid
  vmcb.clean &= ~Clean.Asid
  if (!flushAll) return
  flushAll = false
  vmcb.tlbControl = Flush.All
}

/** Asks that the next run starts with none of this guest's translations. */
export function flushGuest(context: Context): void {
  changetype<Vmcb>(context.control).tlbControl = hasFlushByAsid() ? Flush.Guest : Flush.All
}
