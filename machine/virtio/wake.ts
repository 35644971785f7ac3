/** Serves the queues whose next chain named memory that was not there. */
import { PciFunction, register } from '../pci/function'
import { nextFunction } from '../pci/pci'
import { Header } from '../pci/registers'
import { hasWaited } from './absent'
import { queueAt, VirtioDevice } from './device'
import { VirtioFunction } from './registers'

/** Memory has come: each looks at its next chain again. */
export function wake(): void {
  if (!hasWaited()) return
  for (let target = nextFunction(0); changetype<usize>(target) != 0; target = nextFunction(target.slot + 1)) if (isVirtio(target)) wakeQueues(changetype<VirtioDevice>(target))
}

@inline function isVirtio(target: PciFunction): bool { return (register(target, Header.Identification) & 0xffff) == VirtioFunction.Vendor }

function wakeQueues(device: VirtioDevice): void {
  for (let index: u32 = 0; index < device.queueCount; index++) if (queueAt(device, index).isAwaiting) device.notified(device, index)
}
