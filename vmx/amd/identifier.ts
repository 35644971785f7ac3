/**
 * Address space identifiers: given out in turn, and again from the first when they run out. Each is flushed before its new owner's first
 * run: what an earlier owner left cached under it must not be seen. APM vol. 2, 15.16.
 */
import { Context } from '../context'
import { hasFlushByAsid, identifiers } from './features'
import { Clean, Vmcb } from '../../capability/vmcb'

/** TLB_CONTROL. */
namespace Flush {
  export const All: u32 = 1
  export const Guest: u32 = 3
}

let next: u32 = 1
let generation: u32 = 1

/** Gives the context an ASID that nothing stale is cached under. Called when the context is switched to. */
export function assignIdentifier(context: Context): void {
  if (context.identifierGeneration == generation) return
  if (next >= identifiers()) {
    generation++
    next = 1
  }
  context.identifier = next++
  context.identifierGeneration = generation
  const vmcb = changetype<Vmcb>(context.control)
  vmcb.asid = context.identifier
  vmcb.clean &= ~Clean.Asid
  flushGuest(context)
}

/** Has a context that comes from another CPU be given an ASID of this one's, and the whole VMCB be read. 15.15.1. */
export function adopt(context: Context): void {
  context.identifierGeneration = 0
  changetype<Vmcb>(context.control).clean = 0
}

/** Asks that the next run starts with none of this guest's translations. */
export function flushGuest(context: Context): void {
  changetype<Vmcb>(context.control).tlbControl = hasFlushByAsid() ? Flush.Guest : Flush.All
}
