/** Hardware virtualization on this host: whether it works, and what all VMs share of it. */
import * as hw from '../hw'
import { allocate, allocateContiguous } from '../memory/frames'
import { Owner } from '../../capability/owner'
import { Blocked } from '../../capability/virtualization'
import { setPhysicalWidth } from '../../vmx/guest/paging'
import { check, disable, enable, fillPermissionMaps, permissionBytes } from '../../vmx/operations'
import { addressBits, guestXcr0, initializeCpuid } from './cpuid'
import { initializeEmulator } from './mmio'
import { initializeSwitch, unload } from './switch'

let blocked: u32 = Blocked.NoExtension
/** Why guests cannot run, a Blocked; 0 when they can. */
export function hostBlocked(): u32 { return blocked }

/** hpa of the permission maps. */
export let permissions: u64 = 0

/** Two frames of the CPU that is to switch virtualization on: enable() says what for. */
let save: u64 = 0
let state: u64 = 0

/** Takes the frames for a CPU: this one, or one that a copy of the nucleus is made for next. */
export function makeVirtualizationFrames(): bool {
  save = allocate(Owner.Nucleus)
  state = allocate(Owner.Nucleus)
  if (save == 0 || state == 0) return false
  hw.zero(save, 4096)
  hw.zero(state, 4096)
  return true
}

/** Another CPU does what the first one found that it can. */
export function joinVirtualization(): bool {
  if (blocked != Blocked.No) return true
  if (check() != Blocked.No || enable(save, state) != Blocked.No) return false
  initializeSwitch(guestXcr0)
  return true
}

/** Switches hardware virtualization on if it is there. */
export function initializeVirtualization(): void {
  blocked = check()
  if (blocked != Blocked.No) return
  permissions = allocateContiguous(<u32>(permissionBytes() >> 12), Owner.Nucleus)
  if (permissions == 0 || !makeVirtualizationFrames()) {
    blocked = Blocked.NoMemory
    return
  }
  blocked = enable(save, state)
  if (blocked != Blocked.No) return
  fillPermissionMaps(permissions)
  initializeCpuid()
  setPhysicalWidth(addressBits)
  initializeSwitch(guestXcr0)
  initializeEmulator()
}

/** Switches hardware virtualization off on this CPU. */
export function leaveVirtualization(): void { if (blocked == Blocked.No) disable() }

/** Takes the guests' registers off the CPU and switches hardware virtualization off: the machine ends or starts anew. */
export function endVirtualization(): void {
  unload()
  leaveVirtualization()
}
