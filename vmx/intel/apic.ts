/** The local APIC as the hardware virtualizes it: its register page is the virtual-APIC page, and interrupts reach the guest without an exit. SDM vol. 3, 30. */
import * as hw from '../../kernel/hw'
import { ApicMode, Context } from '../context'
import { hasApicAccesses, hasApicRegisterVirtualization, hasTprShadow, hasVirtualInterruptDelivery, hasX2ApicVirtualization } from './features'
import { Field, Secondary } from '../../capability/vmcs'
import { msrMap } from './permission'
import { select } from './structure'

/**
 * Registers of a memory-mapped APIC are not virtualized, but for those that interrupts need: a write would have replaced the old value before the nucleus
 * sees it, and timers count on from the old one.
 */
const MemoryMapped: u32 = Secondary.VirtualInterruptDelivery | Secondary.VirtualizeApicAccesses
const X2Apic: u32 = Secondary.VirtualInterruptDelivery | Secondary.VirtualizeX2ApicMode | Secondary.ApicRegisterVirtualization
const TriggerMode: usize = 0x180

/** Whether the hardware can virtualize an APIC in this ApicMode. */
export function canVirtualizeApic(mode: u32): bool {
  if (mode == ApicMode.Emulated || !hasTprShadow() || !hasVirtualInterruptDelivery()) return false
  return mode == ApicMode.MemoryMapped ? hasApicAccesses() : hasX2ApicVirtualization() && hasApicRegisterVirtualization()
}

/** Has the hardware virtualize the context's APIC. `accessPage` is the hpa that nested tables have at the APIC's address in ApicMode.MemoryMapped. */
export function setApicMode(context: Context, mode: u32, accessPage: u64): void {
  select(context)
  context.apicMode = mode
  context.secondaryControls &= ~(MemoryMapped | X2Apic)
  if (mode != ApicMode.Emulated) context.secondaryControls |= mode == ApicMode.MemoryMapped ? MemoryMapped : X2Apic
  hw.vmwrite(Field.SecondaryControls, context.secondaryControls)
  hw.vmwrite(Field.MsrMap, msrMap(mode == ApicMode.X2Apic))
  if (mode == ApicMode.MemoryMapped) hw.vmwrite(Field.ApicAccess, accessPage)
}

/** Tells the hardware the highest vectors that wait and that are in service (0 for none), and which ends of interrupts are to be seen. 30.2.1. */
export function offerInterrupts(context: Context, waiting: u32, inService: u32): void {
  select(context)
  hw.vmwrite(Field.InterruptStatus, inService << 8 | waiting)
  const exits = changetype<usize>(context) + offsetof<Context>('eoiExits0')
  for (let index: u32 = 0; index < 4; index++) {
    const levels = context.virtualApic + TriggerMode + (<usize>index << 5)
    const wanted = <u64>load<u32>(levels, 16) << 32 | load<u32>(levels)
    const at = exits + (<usize>index << 3)
    if (load<u64>(at) == wanted) continue
    store<u64>(at, wanted)
    hw.vmwrite(Field.EoiExits0 + (index << 1), wanted)
  }
}
