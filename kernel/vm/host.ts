/** Hardware virtualization on this host: whether it works, and what all VMs share of it. */
import * as hw from '../hw'
import { allocate, allocateContiguous } from '../memory/frames'
import { Owner } from '../memory/owner'
import { Blocked } from '../../vmx/blocked'
import { setPhysicalWidth } from '../../vmx/guest/paging'
import { check, disable, enable, fillPermissionMaps, permissionBytes } from '../../vmx/operations'
import { initializeApicMode } from './apicmode'
import { addressBits, guestXcr0, initializeCpuid } from './cpuid'
import { initializeEmulator } from './mmio'
import { initializeSwitch, unload } from './switch'

let blocked: u32 = Blocked.NoExtension
/** Why guests cannot run, a Blocked; 0 when they can. */
export function hostBlocked(): u32 { return blocked }

/** hpa of the permission maps. */
export let permissions: u64 = 0

/** Switches hardware virtualization on if it is there. */
export function initializeVirtualization(): void {
  blocked = check()
  if (blocked != Blocked.No) return
  const save = allocate(Owner.Nucleus)
  const state = allocate(Owner.Nucleus)
  permissions = allocateContiguous(<u32>(permissionBytes() >> 12), Owner.Nucleus)
  if (save == 0 || state == 0 || permissions == 0) {
    blocked = Blocked.NoMemory
    return
  }
  hw.zero(save, 4096)
  hw.zero(state, 4096)
  blocked = enable(save, state)
  if (blocked != Blocked.No) return
  fillPermissionMaps(permissions)
  initializeCpuid()
  setPhysicalWidth(addressBits)
  initializeSwitch(guestXcr0)
  initializeEmulator()
  initializeApicMode()
}

/** Takes the guests' registers off the CPU and switches hardware virtualization off: the machine ends or starts anew. */
export function endVirtualization(): void {
  unload()
  if (blocked == Blocked.No) disable()
}
