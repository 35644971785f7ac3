/** Starts a Multiboot 2 kernel, ELF or flat, where it is linked or, if it is relocatable, elsewhere. Multiboot2 Specification 2.0. */
import { HIGH_RAM_BASE } from '../../layout'
import { NOWHERE, highest, isFree, lowest } from '../claims'
import { readElfHeader } from '../elf/header'
import { checkSegments, entryAddress, isInSegment, linked, loadSegments } from '../elf/segments'
import { refuse, say, sayDecimal, sayHexadecimal, sayRange } from '../../message'
import { loadModules } from '../modules'
import { checkFlat, flat, isInFlat, loadFlat } from '../multiboot/flat'
import { enterProtectedMode, state } from '../startState'
import { Preference, header, readHeader } from './header'
import { told, writeInformation } from './information'

const LOADER_MAGIC: u32 = 0x36d7_6289
/** load_addr with this value means: from the start of the file. */
const LOAD_ALL: u32 = 0xffff_ffff

/** Loads the kernel and its modules and sets the start state. False, with the reason logged. */
export function bootMultiboot2(): bool {
  if (!readHeader()) return false
  const entry = header.hasAddresses ? loadFlatKernel() : loadElfKernel()
  if (entry == NOWHERE || !loadModules()) return false
  told.sections = !header.hasAddresses
  told.screen = header.wantsScreen
  told.loadBase = header.isRelocatable
  const information = writeInformation()
  if (information == NOWHERE || !enterProtectedMode(entry)) return false
  state.rax = LOADER_MAGIC
  state.rbx = information
  return true
}

/** The entry point, or NOWHERE with the reason logged. */
function loadFlatKernel(): u64 {
  const isWhole = header.loadAddress == LOAD_ALL
  if (isWhole && header.headerAddress < header.offset) return refuseEntry(header.headerAddress, 'header_addr', 'is too low for the whole file to be loaded')
  const start = isWhole ? header.headerAddress - header.offset : <u64>header.loadAddress
  if (!checkFlat(header.offset, header.headerAddress, start, header.loadEnd, header.bssEnd)) return NOWHERE
  if (!header.hasEntry) {
    refuse('kernel: its Multiboot 2 header has an address tag but no entry address tag: add one')
    return NOWHERE
  }
  if (!isInFlat(header.entry)) return refuseEntry(header.entry, 'the entry address', 'is outside of what is loaded')
  const target = place(flat.start, flat.memoryBytes)
  return target != NOWHERE && loadFlat(target - flat.start) ? header.entry + (target - flat.start) : NOWHERE
}

function loadElfKernel(): u64 {
  if (!readElfHeader() || !checkSegments()) return NOWHERE
  const entry = header.hasEntry ? <u64>header.entry : entryAddress()
  if (entry == NOWHERE) return NOWHERE
  if (!isInSegment(entry)) return refuseEntry(entry, 'the entry address', 'is outside of what is loaded')
  const target = place(linked.start, linked.end - linked.start)
  return target != NOWHERE && loadSegments(target - linked.start) ? entry + (target - linked.start) : NOWHERE
}

/** Where an image linked at `start` goes: there, unless it is relocatable; then where its tag says. NOWHERE with the reason logged. */
function place(start: u64, length: u64): u64 {
  told.loadAddress = start
  if (!header.isRelocatable) return start
  const limit = min(<u64>header.maxAddress + 1, HIGH_RAM_BASE)
  const suits = start >= header.minAddress && start < limit && length <= limit - start && (start & (header.alignment - 1)) == 0
  if (header.preference == Preference.None && suits && isFree(start, length)) return start
  told.loadAddress = header.preference == Preference.Highest
    ? highest(length, header.alignment, header.minAddress, limit)
    : lowest(length, header.alignment, header.minAddress, limit)
  if (told.loadAddress != NOWHERE) return told.loadAddress
  say('kernel: its relocatable tag asks for ')
  sayDecimal(length)
  say(' bytes within ')
  sayRange(header.minAddress, limit - header.minAddress)
  refuse(', and the VM has no free RAM there: give it more memory')
  return NOWHERE
}

function refuseEntry(address: u64, name: string, why: string): u64 {
  say('kernel: ')
  say(name)
  say(' ')
  sayHexadecimal(address)
  say(' in the Multiboot 2 header ')
  say(why)
  refuse(': check the linker script')
  return NOWHERE
}
