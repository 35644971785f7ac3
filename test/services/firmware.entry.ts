/** The sandbox that reads ACPI tables, beside the nucleus's part that reads what the boot loader told: a real machine's memory holds both. */
import { RootPointersBytes } from '../../capability/firmware'
import { rootPointers } from '../../kernel/firmware/bootinformation'
import { isDevice } from '../../kernel/firmware/physical'
import { acpiTable } from '../../services/firmware/acpi'
import { record } from '../../services/firmware/record'
import * as rsdp from '../../services/firmware/rsdp'
export { acpiTableCount, readAcpi } from '../../services/firmware/acpi'
export * from '../kernel/firmware.entry'

/** What the nucleus answers. */
export function giveRootPointers(target: usize): void { memory.copy(target, changetype<usize>(rootPointers()), RootPointersBytes) }
export function canBeDevice(hpa: u64, bytes: u64): bool { return isDevice(hpa, bytes) }

export function rsdpRevision(): u32 { return rsdp.rsdpRevision }
export function tableSignature(index: u32): u32 { return acpiTable(index).signature }

export function cpuCount(): u32 { return record().cpuCount }
export function cpuApicId(index: u32): u32 { return record().cpu(index).apicId }
export function ioApicCount(): u32 { return record().ioApicCount }
export function ioApicId(index: u32): u32 { return record().ioApic(index).id }
export function ioApicAddress(index: u32): u64 { return record().ioApic(index).address }
export function ioApicBase(index: u32): u32 { return record().ioApic(index).globalInterruptBase }
export function globalInterruptOf(irq: u32): u32 { return record().isaInterrupt(irq).globalInterrupt }
export function isaFlags(irq: u32): u32 { return record().isaInterrupt(irq).flags }
export function nmiCount(): u32 { return record().localNmiCount }
export function nmiUid(index: u32): u32 { return record().localNmi(index).uid }
export function nmiPin(index: u32): u32 { return record().localNmi(index).pin }
export function localApicAddress(): u64 { return record().localApicAddress }
export function hasLegacyPic(): u32 { return record().hasLegacyPic }

/** From `hasFixedHardware` on. */
export function fixed(field: u32): u32 { return load<u32>(changetype<usize>(record()) + 0x20 + (<usize>field << 2)) }
export function registerSpace(index: u32): u32 { return record().register(index).space }
export function registerAddress(index: u32): u64 { return record().register(index).address }
export function registerBits(index: u32): u32 { return record().register(index).bits }

export function hpetAddress(): u64 { return record().hpetAddress }
export function mcfgCount(): u32 { return record().configurationSpaceCount }
export function mcfgBase(index: u32): u64 { return record().configurationSpace(index).base }
export function mcfgLastBus(index: u32): u32 { return record().configurationSpace(index).lastBus }
export function hasSleepState5(): u32 { return record().hasSleepState5 }
export function sleepTypeA(): u32 { return record().sleepTypeA }
export function sleepTypeB(): u32 { return record().sleepTypeB }
