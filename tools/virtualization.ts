/** What the machine that calls us can run Typervisor on: real nested virtualization, or QEMU's emulation of AMD-V. */
import { accessSync, constants, readFileSync } from 'node:fs'

/** How QEMU is to run, and why, in words. */
export interface Accelerator { name: 'kvm' | 'tcg', cpu: string, reason: string }

/** What is looked at; a test supplies its own. */
export interface Machine {
  cpuFlags: ReadonlySet<string>
  /** The content of a KVM module's `nested` parameter, empty when the module is not there. */
  nested(module: 'kvm_amd' | 'kvm_intel'): string
  kvmUsable: boolean
}

const vendors = [
  { flag: 'svm', module: 'kvm_amd', extension: 'AMD-V' },
  { flag: 'vmx', module: 'kvm_intel', extension: 'Intel VT-x' },
] as const

/** The machine that this runs on. */
export function thisMachine(): Machine {
  const flags = /^flags\s*:(.*)$/m.exec(read('/proc/cpuinfo'))?.[1] ?? ''
  return {
    cpuFlags: new Set(flags.trim().split(/\s+/)),
    nested: module => read(`/sys/module/${module}/parameters/nested`).trim(),
    kvmUsable: usable('/dev/kvm'),
  }
}

/**
 * Nested KVM where the processor's flags, the KVM module and the device all say so, emulation otherwise. A /dev/kvm without
 * the flag is common (in containers, in virtual machines) and runs no hypervisor.
 */
export function chooseAccelerator({ cpuFlags, nested, kvmUsable }: Machine): Accelerator {
  const emulation = (reason: string): Accelerator => ({ name: 'tcg', cpu: 'EPYC', reason: `QEMU's emulation of AMD-V: ${reason}` })
  const found = vendors.find(({ flag }) => cpuFlags.has(flag))
  if (!found) return emulation('this processor offers neither AMD-V nor Intel VT-x here')
  if (!/^(1|Y)$/.test(nested(found.module))) return emulation(`the module ${found.module} does not nest (modprobe ${found.module} nested=1)`)
  if (!kvmUsable) return emulation('/dev/kvm is not yours to use (join the group kvm)')
  return { name: 'kvm', cpu: 'host', reason: `nested KVM on this processor's ${found.extension}` }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function usable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
