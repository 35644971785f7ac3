/**
 * The declared policy: which spaces of imports each kind of sandbox may be granted. A module that imports anything else is
 * not instantiated.
 */
import * as hw from '../hw'
import { Space } from './capabilities'

export namespace SandboxKind {
  export const Machine: u32 = 0
  export const Driver: u32 = 1
  export const Screen: u32 = 2
  export const Console: u32 = 3
  export const Firmware: u32 = 4
  export const Configuration: u32 = 5
  export const Refusal: u32 = 6
  export const Devices: u32 = 7
  export const Device: u32 = 8
  export const Storage: u32 = 9
  export const Switch: u32 = 10
}

/** The spaces that a kind of sandbox may import. */
export function allowedSpaces(kind: u32): u32 {
  const always = Space.Log | Space.Env
  switch (kind) {
    case SandboxKind.Machine:
      return always | Space.Ram | Space.File | Space.Clock | Space.Interrupt | Space.Serial | Space.Power | Space.Config | Space.Start | Space.Entropy | Space.Disk | Space.Vcpu | Space.Net
    case SandboxKind.Driver: return always | Space.Port | Space.Stream
    case SandboxKind.Screen: return always | Space.Screen | Space.Stream | Space.Port // the text mode's cursor
    case SandboxKind.Console: return always | Space.Admin
    case SandboxKind.Firmware: return always | Space.Firmware | Space.Port // the clock's
    case SandboxKind.Configuration: return always | Space.Modules
    case SandboxKind.Refusal: return always | Space.Refusal
    case SandboxKind.Devices: return always | Space.Port | Space.Device
    case SandboxKind.Device: return always | Space.Device | Space.Block | Space.Net
    case SandboxKind.Switch: return always | Space.Switch
    case SandboxKind.Storage: return always | Space.Storage | Space.Entropy | Space.Device
  }
  return 0
}

/** The spaces that a module imports, or u32.MAX_VALUE when one of them is unknown. */
export function importedSpaces(module: u32): u32 {
  let spaces: u32 = 0
  for (let i: u32 = 0, name = hw.moduleImport(module, 0); name != 0; name = hw.moduleImport(module, ++i)) {
    const space = spaceOf(name)
    if (space == 0) return u32.MAX_VALUE
    spaces |= space
  }
  return spaces
}

/** In the order of Space's bits. */
const names: StaticArray<string> = [
  'ram.', 'file.', 'clock.', 'interrupt.', 'serial.', 'power.', 'log.', 'config.', 'start.', 'port.', 'stream.', 'admin.', 'screen.', 'env.', 'firmware.', 'modules.', 'entropy.', 'refusal.', 'device.', 'block.', 'disk.', 'storage.', 'vcpu.', 'net.', 'switch.',
]

/** The space in a NUL-terminated 'space.function', or 0. */
function spaceOf(name: u64): u32 {
  for (let bit = 0; bit < names.length; bit++) if (startsWith(name, names[bit])) return 1 << bit
  return 0
}

/** Compares a NUL-terminated name at a virtual address with the beginning or all of `text`. */
export function startsWith(name: u64, text: string): bool {
  for (let i = 0; i < text.length; i++) if (<i32>(<u8>hw.peek(name + i)) != text.charCodeAt(i)) return false
  return true
}

/** True when the NUL-terminated name is `text`. */
export function isNamed(name: u64, text: string): bool { return startsWith(name, text) && <u8>hw.peek(name + text.length) == 0 }
