/** Starting processors that a test plays, over the real frame allocator, page tables and log. */
import { acpi } from '../../kernel/firmware/acpi'
import { addMemoryRange, Available, clearRanges } from '../../kernel/firmware/memorymap'
import { Cpu, cpu, initializeCpus } from '../../kernel/cpu/cpu'
import { initializeLocalApic } from '../../kernel/interrupts/localapic'
import { endEarly, initializeLog, logRing } from '../../kernel/log/log'
import * as layout from '../../kernel/memory/layout'
import { addRange, allocate, initialize, owned, tableBytes } from '../../kernel/memory/frames'
import { Owner } from '../../capability/owner'
import { mapPage, Write } from '../../kernel/memory/paging'

export { startCpus } from '../../kernel/cpu/start'

export const imageBase: u64 = layout.ImageBase
export const nucleusLinear: u64 = layout.NucleusLinear

const table: usize = memory.data(0x1_0000, 8)
const text: usize = memory.data(0x1_0000)

/** `bytes` of RAM from `base`, all free, and none below 1 MiB. */
export function start(base: u64, bytes: u64): bool {
  if (<u32>memory.size() < <u32>(layout.WindowLimit >> 16)) memory.grow(<i32>((layout.WindowLimit >> 16) - memory.size()))
  initializeLog()
  endEarly()
  memory.fill(table, 0, 0x1_0000)
  assert(tableBytes(base + bytes) <= 0x1_0000)
  initialize(table, base + bytes)
  addRange(base, bytes)
  clearRanges()
  acpi().cpuCount = 0
  initializeLocalApic(0)
  return initializeCpus()
}

export function map(va: u64, hpa: u64): bool { return mapPage(va, hpa, Write, Owner.Nucleus) }
export function addRam(base: u64, bytes: u64): void { addMemoryRange(base, bytes, Available) }
export function addProcessor(apicId: u32): void { acpi().cpu(acpi().cpuCount++).apicId = apicId }
/** Takes all but `frames` of what is free. */
export function leave(frames: u64): void { while (owned(Owner.Free) > frames) allocate(Owner.BootModules) }

export function record(number: u32): usize { return changetype<usize>(cpu(number)) }
export function online(): u32 { return cpu(0).online }
export function state(number: u32): u32 { return cpu(number).state }
export function apicId(number: u32): u32 { return cpu(number).apicId }
export function setState(number: u32, state: u32): void { cpu(number).state = state }
export function showTsc(number: u32, tsc: u64): void { cpu(number).shownTsc = tsc }
export const recordBytes: u32 = offsetof<Cpu>()

export const log: usize = text
export function readLog(): u32 { return logRing().read(logRing().begin, text, 0x1_0000) }
