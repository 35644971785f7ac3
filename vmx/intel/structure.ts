/** The VMCS that this CPU works on: VMREAD, VMWRITE and an entry mean the one that VMPTRLD loaded last. SDM vol. 3, 25.1 and 25.11. */
import * as hw from '../../kernel/hw'
import { Context } from '../context'
import { vmcsRevision } from './features'

@inline const Nothing: u64 = u64.MAX_VALUE

/** hpa of the current VMCS. */
let current: u64 = Nothing

/** Makes the context's VMCS the current one. */
@inline export function select(context: Context): void { if (current != context.controlHpa) load(context.controlHpa) }

function load(hpa: u64): void {
  hw.vmptrld(hpa)
  current = hpa
}

/** A field of the context's VMCS by its encoding. */
export function controlField(context: Context, field: u32): u64 {
  select(context)
  return hw.vmread(field)
}

/** Makes a VMCS of the context's zeroed control page, and makes it current. */
export function create(context: Context): void {
  store<u32>(context.control, vmcsRevision())
  hw.vmclear(context.controlHpa)
  load(context.controlHpa)
  context.launched = false
  context.hardwareRip = u64.MAX_VALUE
}

/** Writes all that the CPU keeps of the VMCS to its page: after this the page may be given away, or go to another CPU. 25.11.3. */
export function retire(context: Context): void {
  if (context.controlHpa == 0) return
  hw.vmclear(context.controlHpa)
  context.launched = false
  context.hostStack = 0
  if (current == context.controlHpa) current = Nothing
}
