/** The `modules` capability: reading what the boot loader put beside the nucleus. */
import * as hw from '../hw'
import { bootModule, bootModuleCount } from '../firmware/bootinformation'
import { DirectBase } from '../memory/layout'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'

export function modulesCount(subject: u32): u32 { return bootModuleCount() }
export function modulesSize(subject: u32, module: u32): u64 { return module < bootModuleCount() ? bootModule(module).end - bootModule(module).base : 0 }

export function modulesRead(subject: u32, module: u32, target: usize, length: u32): bool {
  if (module >= bootModuleCount() || length > modulesSize(subject, module) || !isOwnMemory(sandbox(subject), target, length)) return false
  hw.copyVirtual(sandbox(subject).linear + target, DirectBase + bootModule(module).base, length)
  return true
}
