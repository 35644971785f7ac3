import { acpiTable } from '../../kernel/firmware/acpi'
import * as boot from '../../kernel/firmware/bootinformation'
import { bootModule, framebuffer } from '../../kernel/firmware/bootinformation'
import * as fadt from '../../kernel/firmware/fadt'
import { fixedHardware } from '../../kernel/firmware/fadt'
import { Register } from '../../kernel/firmware/genericaddress'
import * as hpet from '../../kernel/firmware/hpet'
import * as madt from '../../kernel/firmware/madt'
import * as mcfg from '../../kernel/firmware/mcfg'
import * as map from '../../kernel/firmware/memorymap'
import * as rsdp from '../../kernel/firmware/rsdp'
import * as sleep from '../../kernel/firmware/sleepstate'
import { Text, textBytes, textLength } from '../../kernel/firmware/texts'
export { acpiTableCount, readAcpi } from '../../kernel/firmware/acpi'
export { bootModuleCount } from '../../kernel/firmware/bootinformation'
export { pmTimerBits } from '../../kernel/firmware/fadt'
export { globalInterruptOf } from '../../kernel/firmware/madt'
export { addMemoryRange, clearRanges, memoryRangeCount, nextUsable, usableTop } from '../../kernel/firmware/memorymap'
export { readBootInformation } from '../../kernel/firmware/multiboot'
export { setReach } from '../../kernel/firmware/physical'
export { problemCount, problemKind, problemText } from '../../kernel/firmware/problems'

const buffer: usize = memory.data(512)
export function scratch(): usize { return buffer }

export function usableBase(): u64 { return map.usableBase }
export function usableEnd(): u64 { return map.usableEnd }
export function rangeBase(index: u32): u64 { return map.memoryRange(index).base }
export function rangeEnd(index: u32): u64 { return map.memoryRange(index).end }
export function rangeType(index: u32): u32 { return map.memoryRange(index).type }

function text(which: i32): Text | null {
  if (which == -1) return boot.commandLine
  if (which == -2) return boot.bootLoader
  return changetype<Text | null>(bootModule(which).commandLine)
}
/** -1 the command line, -2 the boot loader's name, else a module's. */
export function textAt(which: i32): usize { return textBytes(text(which)) }
export function textOf(which: i32): u32 { return textLength(text(which)) }
export function moduleBase(index: u32): u64 { return bootModule(index).base }
export function moduleEnd(index: u32): u64 { return bootModule(index).end }
export function screen(field: u32): u64 {
  const s = framebuffer()
  switch (field) {
    case 0: return s.address
    case 1: return s.pitch
    case 2: return s.width
    case 3: return s.height
    case 4: return s.bitsPerPixel
    case 5: return s.type
    case 6: return s.redPosition
    case 7: return s.redSize
    case 8: return s.greenPosition
    case 9: return s.greenSize
    case 10: return s.bluePosition
  }
  return s.blueSize
}

export function rsdpRevision(): u32 { return rsdp.rsdpRevision }
export function tableSignature(index: u32): u32 { return acpiTable(index).signature }
export function tableHpa(index: u32): u64 { return acpiTable(index).hpa }

export function cpuCount(): u32 { return madt.cpuCount }
export function cpuApicId(index: u32): u32 { return madt.cpu(index).apicId }
export function ioApicCount(): u32 { return madt.ioApicCount }
export function ioApicId(index: u32): u32 { return madt.ioApic(index).id }
export function ioApicAddress(index: u32): u64 { return madt.ioApic(index).address }
export function ioApicBase(index: u32): u32 { return madt.ioApic(index).globalInterruptBase }
export function overrideCount(): u32 { return madt.overrideCount }
export function overrideFlags(index: u32): u32 { return madt.interruptOverride(index).flags }
export function nmiCount(): u32 { return madt.localNmiCount }
export function nmiUid(index: u32): u32 { return madt.localNmi(index).uid }
export function nmiPin(index: u32): u32 { return madt.localNmi(index).pin }
export function localApicAddress(): u64 { return madt.localApicAddress }
export function hasLegacyPic(): bool { return madt.hasLegacyPic }

export function fixed(field: u32): u32 { return load<u32>(changetype<usize>(fixedHardware()) + (<usize>field << 2)) }
function register(index: u32): Register { return index == 0 ? fadt.pm1aControl() : index == 1 ? fadt.pm1bControl() : index == 2 ? fadt.pmTimer() : fadt.resetRegister() }
export function registerSpace(index: u32): u32 { return register(index).space }
export function registerAddress(index: u32): u64 { return register(index).address }
export function registerBits(index: u32): u32 { return register(index).bits }

export function hpetAddress(): u64 { return hpet.hpetAddress }
export function mcfgCount(): u32 { return mcfg.configurationSpaceCount }
export function mcfgBase(index: u32): u64 { return mcfg.configurationSpace(index).base }
export function mcfgLastBus(index: u32): u32 { return mcfg.configurationSpace(index).lastBus }
export function hasSleepState5(): bool { return sleep.hasSleepState5 }
export function sleepTypeA(): u32 { return sleep.sleepTypeA }
export function sleepTypeB(): u32 { return sleep.sleepTypeB }
