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
}

/** The spaces that a kind of sandbox may import. */
export function allowedSpaces(kind: u32): u32 {
  const always = Space.Log | Space.Env
  switch (kind) {
    case SandboxKind.Machine:
      return always | Space.Ram | Space.File | Space.Clock | Space.Interrupt | Space.Serial | Space.Power | Space.Config | Space.Start
    case SandboxKind.Driver: return always | Space.Port | Space.Stream
    case SandboxKind.Screen: return always | Space.Screen | Space.Stream | Space.Port // the text mode's cursor
    case SandboxKind.Console: return always | Space.Admin
    case SandboxKind.Firmware: return always | Space.Firmware
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

/** The space in a NUL-terminated 'space.function'. */
function spaceOf(name: u64): u32 {
  if (startsWith(name, 'ram.')) return Space.Ram
  if (startsWith(name, 'file.')) return Space.File
  if (startsWith(name, 'clock.')) return Space.Clock
  if (startsWith(name, 'interrupt.')) return Space.Interrupt
  if (startsWith(name, 'serial.')) return Space.Serial
  if (startsWith(name, 'power.')) return Space.Power
  if (startsWith(name, 'log.')) return Space.Log
  if (startsWith(name, 'config.')) return Space.Config
  if (startsWith(name, 'start.')) return Space.Start
  if (startsWith(name, 'port.')) return Space.Port
  if (startsWith(name, 'stream.')) return Space.Stream
  if (startsWith(name, 'admin.')) return Space.Admin
  if (startsWith(name, 'screen.')) return Space.Screen
  if (startsWith(name, 'env.')) return Space.Env
  if (startsWith(name, 'firmware.')) return Space.Firmware
  return 0
}

/** Compares a NUL-terminated name at a virtual address with the beginning or all of `text`. */
export function startsWith(name: u64, text: string): bool {
  for (let i = 0; i < text.length; i++) if (<i32>(<u8>hw.peek(name + i)) != text.charCodeAt(i)) return false
  return true
}

/** True when the NUL-terminated name is `text`. */
export function isNamed(name: u64, text: string): bool { return startsWith(name, text) && <u8>hw.peek(name + text.length) == 0 }
