/** Starts a Multiboot 1 kernel, ELF or flat. Multiboot Specification 0.6.96. */
import { NOWHERE } from '../claims'
import { readElfHeader } from '../elf/header'
import { checkSegments, entryAddress, loadSegments } from '../elf/segments'
import { refuse, say, sayHexadecimal } from '../../message'
import { loadModules } from '../modules'
import { enterProtectedMode, state } from '../startState'
import { checkFlat, isInFlat, loadFlat } from './flat'
import { HeaderFlag, header, readHeader } from './header'
import { writeInformation } from './information'

const LOADER_MAGIC: u32 = 0x2bad_b002

/** Loads the kernel and its modules and sets the start state. False, with the reason logged. */
export function bootMultiboot(): bool {
  if (!readHeader()) return false
  const isFlat = (header.flags & HeaderFlag.Addresses) != 0
  const entry = isFlat ? loadFlatKernel() : loadElfKernel()
  if (entry == NOWHERE || !loadModules()) return false
  const information = writeInformation(!isFlat, (header.flags & HeaderFlag.VideoMode) != 0)
  if (information == NOWHERE || !enterProtectedMode(entry)) return false
  state.rax = LOADER_MAGIC
  state.rbx = information
  return true
}

/** The entry point, or NOWHERE with the reason logged. */
function loadFlatKernel(): u64 {
  if (!checkFlat(header.offset, header.headerAddress, header.loadAddress, header.loadEnd, header.bssEnd)) return NOWHERE
  if (!isInFlat(header.entry)) {
    say('kernel: entry_addr ')
    sayHexadecimal(header.entry)
    refuse(' in the Multiboot header is outside of what is loaded: check the linker script')
    return NOWHERE
  }
  return loadFlat(0) ? header.entry : NOWHERE
}

function loadElfKernel(): u64 {
  if (!readElfHeader() || !checkSegments()) return NOWHERE
  const entry = entryAddress()
  return entry != NOWHERE && loadSegments(0) ? entry : NOWHERE
}
