/** Boot modules: whole files in page-aligned RAM, each with its own command line. */
import { ConfigNumber, ConfigText, number } from '../../capability/config'
import { BootFile, size, toRam } from '../../capability/file'
import { HIGH_RAM_BASE, Layout } from '../layout'
import { NOWHERE, claim, lowest } from './claims'
import { refuse, say, sayDecimal } from '../message'

const PAGE_BYTES: u64 = 0x1000

/** One loaded module. */
@unmanaged export class Module {
  start: u64 // guest physical
  length: u64 // bytes
  textKey: u32 // its command line in the configuration; NO_TEXT when it has none
}

/** `Module.textKey` of a module without a command line. */
export const NO_TEXT: u32 = 0

const CAPACITY: u32 = 64
const modules = memory.data(64 * 24)
let count: u32 = 0

/** Modules loaded so far. */
export function moduleCount(): u32 { return count }

/** Module `index`, below `moduleCount()`. */
export function module(index: u32): Module {
  return changetype<Module>(modules + <usize>index * 24)
}

/** Starts over with no modules. */
export function clearModules(): void { count = 0 }

/** Loads every module of the configuration above 1 MiB, lowest first. False, with the reason logged, when one does not fit. */
export function loadModules(): bool {
  const configured = number(ConfigNumber.ModuleCount)
  if (configured > CAPACITY - count) {
    say('the configuration has ')
    sayDecimal(configured)
    say(' modules, more than the ')
    sayDecimal(CAPACITY - count)
    return refuse(' that a VM can have: pack several into one')
  }
  for (let i: u32 = 0; i < <u32>configured; i++) {
    if (!loadModule(BootFile.FirstModule + i, ConfigText.ModuleCommandLine + i)) return false
  }
  return true
}

/** Loads one file as the next module. False, with the reason logged, when it does not fit. */
export function loadModule(file: u32, textKey: u32): bool {
  const length = size(file)
  const start = lowest(length, PAGE_BYTES, Layout.HighMemory, HIGH_RAM_BASE)
  if (start == NOWHERE || !claim(start, max(length, 1))) return refuseModule(file, length, 'fit into the free RAM below 4 GiB: give the VM more memory')
  if (length != 0 && !toRam(file, 0, start, length)) return refuseModule(file, length, 'be read: pack the image again')
  const entry = module(count++)
  entry.start = start
  entry.length = length
  entry.textKey = textKey
  return true
}

function refuseModule(file: u32, length: u64, why: string): bool {
  if (file == BootFile.Initrd) {
    say('the initrd')
  } else {
    say('module ')
    sayDecimal(file - BootFile.FirstModule)
  }
  say(' (')
  sayDecimal(length)
  say(' bytes) does not ')
  return refuse(why)
}
