/** Owners of the host's memory in words. */
import { sandboxCount, SandboxNumber, sandboxNumber, SandboxText, vmCount } from '../../capability/admin'
import { Owner } from '../../capability/owner'
import { nameOfVm, textOfSandbox } from './text'

/** An owner's name, e.g. 'vm web: RAM'. */
export function nameOfOwner(owner: u32): string {
  switch (owner) {
    case Owner.Free: return 'free'
    case Owner.Nucleus: return 'nucleus'
    case Owner.BootModules: return 'boot modules'
    case Owner.Firmware: return 'firmware'
  }
  if (owner - Owner.Ram < vmCount()) return `vm ${nameOfVm(owner - Owner.Ram)}: RAM`
  if (owner - Owner.Control < vmCount()) return `vm ${nameOfVm(owner - Owner.Control)}: tables and vCPUs`
  const sandbox = owner - Owner.Sandbox
  return sandbox < sandboxCount() && sandboxNumber(sandbox, SandboxNumber.State) ? `sandbox ${textOfSandbox(sandbox, SandboxText.Name)}` : 'unknown'
}
