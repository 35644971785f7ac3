/** What the boot loader told, whichever Multiboot it speaks. Filled by `readBootInformation`. */
import * as hw from '../hw'
import { RootPointers, RootPointersBytes, RsdpCapacity, RsdpCopy } from '../../capability/firmware'
import { Screen } from '../../capability/screen'
import { Problem, report } from './problems'
import { isReachable } from './physical'

/** A file that the boot loader put into memory. `end` is the first address behind it. */
@unmanaged export class BootModule {
  base: u64 //         00h
  end: u64 //          08h
}

/** The screen as the boot loader left it; `address` 0 when it told of none. */
@unmanaged export class Framebuffer extends Screen {
  address: u64 //     20h  hpa
}

const ModuleCapacity: u32 = 64
const modules: usize = memory.data(64 * 16, 8)
const pointers: usize = memory.data(144, 8)
const framebufferRecord: usize = memory.data(40, 8)
let modulesKept: u32 = 0

/** Forgets what another boot loader told. */
export function clearBootInformation(): void {
  modulesKept = 0
  memory.fill(pointers, 0, RootPointersBytes)
  framebuffer().address = 0
}

/** How many boot modules there are. */
export function bootModuleCount(): u32 { return modulesKept }
/** One boot module. */
export function bootModule(index: u32): BootModule { return changetype<BootModule>(modules + <usize>index * offsetof<BootModule>()) }
/** Where the firmware's tables are. */
export function rootPointers(): RootPointers { return changetype<RootPointers>(pointers) }
/** The screen. */
export function framebuffer(): Framebuffer { return changetype<Framebuffer>(framebufferRecord) }

/** Takes a module down. */
export function addBootModule(base: u32, end: u32): void {
  if (end < base || !isReachable(base, end - base)) report(Problem.ModuleBroken, base)
  else if (modulesKept == ModuleCapacity) report(Problem.TooManyModules, base)
  else {
    const module = bootModule(modulesKept++)
    module.base = base
    module.end = end
  }
}

/** Keeps the first RSDP of its kind. The boot information's memory may belong to somebody else by the time it is read. */
export function keepRsdp(rsdp: RsdpCopy, hpa: u64, bytes: u32): void {
  if (rsdp.bytes != 0) return
  rsdp.bytes = min(bytes, RsdpCapacity)
  hw.copyOut(rsdp.copy, hpa, rsdp.bytes)
}
