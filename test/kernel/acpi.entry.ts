/** The nucleus's check of what the sandbox that reads ACPI tables says. */
import { acpi, clearAcpi, isSound } from '../../kernel/firmware/acpi'
import { addMemoryRange, Available, clearRanges } from '../../kernel/firmware/memorymap'
export { clearAcpi, isSound }

/** The machine has RAM up to this. */
export function prepare(ramEnd: u64): void {
  clearRanges()
  addMemoryRange(0, ramEnd, Available)
}
export function recordAt(): usize { return changetype<usize>(acpi()) }
export function registerAt(index: u32): usize { return changetype<usize>(acpi().register(index)) }
export function configurationSpaceAt(index: u32): usize { return changetype<usize>(acpi().configurationSpace(index)) }
export function ioApicAt(index: u32): usize { return changetype<usize>(acpi().ioApic(index)) }
export function lastCpuEnd(): usize { return changetype<usize>(acpi().cpu(512)) }
