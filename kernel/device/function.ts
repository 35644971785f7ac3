/** A PCI function of the host that a driver has: its messages or its line, and whether it may write to memory. */
import * as hw from '../hw'
import { DeviceFunction } from '../../capability/devices'
import { Command, Header, Msi, MsiX } from '../../capability/pci'
import { readPci, writePci } from '../host/pci'
import { Capabilities } from '../security/capabilities'
import { localApicId, Vector } from '../interrupts/localapic'
import { openLine } from '../interrupts/pic'

/** Address of a message to a local APIC. Intel SDM vol. 3, 11.11.1. */
const MessageAddress: u32 = 0xFEE0_0000

/** Has the function answer its registers, which are in `windows`, and send `vector` to this CPU when it may send anything; where it has no messages, its line interrupts, if that leads anywhere. False when their table is not where it says. */
export function prepareFunction(found: DeviceFunction, windows: Capabilities, vector: u32): bool {
  let line: u32 = Command.InterruptDisable
  const destination = MessageAddress | localApicId() << 12
  if (found.msix != 0) {
    const table = windows.window(found.msixTable & 7)
    if (<u64>found.msixTable + 16 > table.bytes) return false
    const entry = table.base + (found.msixTable & ~7)
    hw.store32(entry, destination)
    hw.store32(entry + 4, 0)
    hw.store32(entry + 8, vector)
    hw.store32(entry + 12, 0)
    const at = found.address | found.msix
    writePci(at, readPci(at) & ~MsiX.FunctionMask | MsiX.Enable)
  } else if (found.msi != 0) {
    const at = found.address | found.msi
    const control = readPci(at)
    const isWide = (control & Msi.Wide) != 0
    writePci(at + 4, destination)
    if (isWide) writePci(at + 8, 0)
    writePci(at + (isWide ? 12 : 8), vector)
    writePci(at, control & ~Msi.Several | Msi.Enable)
  } else if (openLine(found.line & 15, vector - Vector.Device)) line = 0
  command(found, Command.MemorySpace | line, Command.BusMaster | Command.InterruptDisable)
  return true
}

/** Lets it read and write memory, messages among it. */
export function startTransfers(found: DeviceFunction): void { command(found, Command.BusMaster, 0) }
/** From here on it does not, whatever its driver has told it, and lets go of its line. */
export function endTransfers(found: DeviceFunction): void { command(found, Command.InterruptDisable, Command.BusMaster) }

function command(found: DeviceFunction, set: u32, clear: u32): void {
  const at = found.address | Header.Command
  writePci(at, (readPci(at) & Command.Mask & ~clear) | set)
}
