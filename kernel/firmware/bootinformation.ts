/** What the boot loader told, whichever Multiboot it speaks. Filled by `readBootInformation`. */
import * as hw from '../hw'
import { Problem, report } from './problems'
import { isReachable } from './physical'
import { keepText, Text } from './texts'

/** A file that the boot loader put into memory. `end` is the first address behind it. */
@unmanaged export class BootModule {
  base: u64 //         00h
  end: u64 //          08h
  commandLine: usize //10h  a Text, or 0
  reserved: u32
}

/** Multiboot 2 specification, 3.6.12. */
export namespace FramebufferType {
  export const Indexed: u32 = 0
  export const Rgb: u32 = 1
  export const Text: u32 = 2
}

/** The screen as the boot loader left it; `address` 0 when it told of none. */
@unmanaged export class Framebuffer {
  address: u64 //     00h
  pitch: u32 //       08h  bytes from line to line
  width: u32 //       0Ch  pixels, or characters
  height: u32 //      10h
  bitsPerPixel: u32 //14h
  type: u32 //        18h  FramebufferType
  redPosition: u8 //  1Ch  bit positions and widths in a pixel, for Rgb
  redSize: u8
  greenPosition: u8
  greenSize: u8
  bluePosition: u8
  blueSize: u8
}

const ModuleCapacity: u32 = 64
const modules: usize = memory.data(64 * 24, 8)
const rsdps: usize = memory.data(128, 8)
const framebufferRecord: usize = memory.data(40, 8)
let modulesKept: u32 = 0

/** The command line that the boot loader gave the nucleus. */
export let commandLine: Text | null = null
/** The boot loader's name and version. */
export let bootLoader: Text | null = null
/** Bytes that are kept of an RSDP, at most. */
export const RsdpCapacity: u32 = 64
/** Bytes that the boot loader gave of ACPI 2.0's RSDP; 0 where it gave none. */
export let rsdpNewBytes: u32 = 0
/** The same of ACPI 1.0's. */
export let rsdpOldBytes: u32 = 0
/** The 64-bit EFI system table; 0 when the machine was not booted by EFI, or the boot loader does not say. */
export let efiSystemTable: u64 = 0

/** Forgets what another boot loader told. */
export function clearBootInformation(): void {
  modulesKept = 0
  commandLine = null
  bootLoader = null
  rsdpNewBytes = 0
  rsdpOldBytes = 0
  efiSystemTable = 0
  framebuffer().address = 0
}

/** How many boot modules there are. */
export function bootModuleCount(): u32 { return modulesKept }
/** One boot module. */
export function bootModule(index: u32): BootModule { return changetype<BootModule>(modules + <usize>index * offsetof<BootModule>()) }
/** The copy of ACPI 2.0's RSDP. */
export function rsdpNew(): usize { return rsdps }
/** The copy of ACPI 1.0's RSDP. */
export function rsdpOld(): usize { return rsdps + RsdpCapacity }
/** The screen. */
export function framebuffer(): Framebuffer { return changetype<Framebuffer>(framebufferRecord) }

/** Takes a module down, with the text at `text` of at most `limit` bytes. */
export function addBootModule(base: u32, end: u32, text: u64, limit: u32): void {
  if (end < base || !isReachable(base, end - base)) report(Problem.ModuleBroken, base)
  else if (modulesKept == ModuleCapacity) report(Problem.TooManyModules, base)
  else {
    const module = bootModule(modulesKept++)
    module.base = base
    module.end = end
    module.commandLine = changetype<usize>(keepText(text, limit))
  }
}

/** Keeps the first RSDP of its kind. The boot information's memory may belong to somebody else by the time it is read. */
export function keepRsdpNew(hpa: u64, bytes: u32): void {
  if (rsdpNewBytes == 0) rsdpNewBytes = copyRsdp(rsdpNew(), hpa, bytes)
}
/** The same for ACPI 1.0's. */
export function keepRsdpOld(hpa: u64, bytes: u32): void {
  if (rsdpOldBytes == 0) rsdpOldBytes = copyRsdp(rsdpOld(), hpa, bytes)
}

/** Copies as much as there is room for; returns how much. */
export function copyRsdp(target: usize, hpa: u64, bytes: u32): u32 {
  const kept = min(bytes, RsdpCapacity)
  for (let index: u32 = 0; index < kept; index++) store<u8>(target + index, <u8>hw.load8(hpa + index))
  return kept
}

/** Keeps the nucleus's command line. */
export function setCommandLine(hpa: u64, limit: u32): void { commandLine = keepText(hpa, limit) }
/** Keeps the boot loader's name. */
export function setBootLoader(hpa: u64, limit: u32): void { bootLoader = keepText(hpa, limit) }
/** Keeps the address of the EFI system table. */
export function setEfiSystemTable(hpa: u64): void { efiSystemTable = hpa }
