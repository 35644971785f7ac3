/**
 * Virtual-processor identifiers: given out in turn, and again from the first when they run out. Each is flushed before its new owner's first
 * run: what an earlier owner left cached under it must not be seen. SDM vol. 3, 29.4.
 */
import * as hw from '../../kernel/hw'
import { Context } from '../context'
import { hasInvvpidSingle, hasVpid } from './features'
import { Field } from '../../capability/vmcs'
import { select } from './structure'

/** Types of INVVPID and INVEPT. */
namespace Flush {
  export const SingleContext: u32 = 1
  export const All: u32 = 2
}
/** 16 bits; 0 is the host's. */
const LastVpid: u32 = 0xFFFF

let next: u32 = 1
let generation: u32 = 1

/** Gives the context a VPID that nothing stale is cached under. Called when the context is switched to. */
export function assignIdentifier(context: Context): void {
  if (context.identifierGeneration == generation || !hasVpid()) return
  if (next > LastVpid) {
    generation++
    next = 1
  }
  context.identifier = next++
  context.identifierGeneration = generation
  select(context)
  hw.vmwrite(Field.VirtualProcessor, context.identifier)
  flushGuest(context)
}

/** Has a context that comes from another CPU be given a VPID of this one's, and return to this one's page tables; all else of the host is alike. */
export function adopt(context: Context): void {
  context.identifierGeneration = 0
  select(context)
  hw.vmwrite(Field.HostCr3, hw.readCr3())
  flushNested()
}

/** Lets the next run start with none of this guest's translations. Without VPIDs every entry does. */
export function flushGuest(context: Context): void {
  if (!hasVpid()) return
  if (hasInvvpidSingle()) hw.invvpid(Flush.SingleContext, context.identifier)
  else hw.invvpid(Flush.All, 0)
}

/** Forgets all that was cached of nested tables: a new VM's may lie where an old one's were. 29.4.3.1. */
export function flushNested(): void { hw.invept(Flush.All, 0) }
