/** Starts a Linux bzImage by the 64-bit boot protocol, or by the 32-bit one when the kernel has no 64-bit entry. Linux Documentation/arch/x86/boot.rst. */
import { ConfigText } from '../../../capability/config'
import { BootFile, size, toRam } from '../../../capability/file'
import { HIGH_RAM_BASE, Layout } from '../../layout'
import { NOWHERE, claim, highRamEnd, highest, isFree, lowest, takeLow } from '../claims'
import { fetchText, placeText, textLength } from '../commandLine'
import * as image from '../image'
import { refuse, say, sayDecimal, sayHexadecimal } from '../../message'
import { enterLongMode, enterProtectedMode, state } from '../startState'
import { readSetupHeader, setup } from './setupHeader'
import { ZERO_PAGE_BYTES, placed, writeZeroPage } from './zeroPage'

const PAGE_BYTES: u64 = 0x1000
const ENTRY64_OFFSET: u64 = 0x200
/** Where a kernel that says nothing else is linked, and what its 32-bit entry point counts from. */
const LINK_ADDRESS: u64 = 0x10_0000

/**
 * Loads the kernel and its initrd and sets the start state. False, with the reason logged. The boot information has to lie at
 * 90000h or above and below 9D000h (see layout.ts), where no kernel writes before it has read it.
 */
export function bootLinux(): bool {
  if (!readSetupHeader() || !placeKernel() || !placeCommandLine() || !placeInitrd()) return false
  const page = takeLow(ZERO_PAGE_BYTES, PAGE_BYTES)
  if (page == NOWHERE) return refuse('the VM has no free RAM below 4 GiB for the zero page: give it more memory')
  const entry32 = placed.code + (setup.code32Start - LINK_ADDRESS)
  const entered = setup.is64Bit ? enterLongMode(placed.code + ENTRY64_OFFSET) : enterProtectedMode(entry32)
  if (!entered) return false
  if (!image.copy(setup.codeOffset, placed.code, setup.codeLength)) return refuse('kernel: the file cannot be read: pack the image again')
  writeZeroPage(page)
  state.rsi = page
  return true
}

/** A relocatable kernel goes where it prefers or else lowest; any other is loaded at 1 MiB and moves itself where it prefers. */
function placeKernel(): bool {
  placed.alignment = setup.alignment
  return setup.relocatable ? placeRelocatable() : placeFixed()
}

function placeRelocatable(): bool {
  placed.code = setup.prefAddress
  const isAligned = (setup.prefAddress & (setup.alignment - 1)) == 0
  if (isAligned && isKernelMemory(setup.prefAddress, setup.runLength)) return claim(placed.code, setup.runLength)
  for (; placed.alignment >= setup.minAlignment && placed.alignment != 0; placed.alignment >>= 1) {
    placed.code = lowest(setup.runLength, placed.alignment, Layout.HighMemory, HIGH_RAM_BASE)
    if (placed.code != NOWHERE) return claim(placed.code, setup.runLength)
  }
  say('kernel: it needs ')
  sayDecimal(setup.runLength)
  return refuse(' bytes of RAM in one piece above 1 MiB: give the VM more memory')
}

function placeFixed(): bool {
  const runAddress = setup.prefAddress == 0 ? LINK_ADDRESS : setup.prefAddress
  placed.code = LINK_ADDRESS
  if (isKernelMemory(placed.code, setup.codeLength) && isKernelMemory(runAddress, setup.runLength)) {
    return claim(placed.code, setup.codeLength) && claim(runAddress, setup.runLength)
  }
  say('kernel: it is loaded at ')
  sayHexadecimal(placed.code)
  say(', runs at ')
  sayHexadecimal(runAddress)
  say(' only and needs ')
  sayDecimal(setup.runLength)
  return refuse(' bytes of RAM there: give the VM more memory')
}

function isKernelMemory(start: u64, length: u64): bool {
  return start >= Layout.HighMemory && start < HIGH_RAM_BASE && isFree(start, length)
}

function placeCommandLine(): bool {
  if (!fetchText(ConfigText.CommandLine)) return false
  if (textLength() > setup.cmdlineSize) {
    say('kernel: it takes a command line of at most ')
    sayDecimal(setup.cmdlineSize)
    say(' bytes and boot.cmdline has ')
    sayDecimal(textLength())
    return refuse(': shorten it')
  }
  placed.commandLine = placeText(ConfigText.CommandLine)
  return placed.commandLine != NOWHERE
}

/** As high as the kernel allows, so that it lies in nobody's way. */
function placeInitrd(): bool {
  const length = size(BootFile.Initrd)
  placed.initrd = 0
  placed.initrdLength = length
  if (length == 0) return true
  placed.initrd = highest(length, PAGE_BYTES, Layout.HighMemory, min(setup.initrdAddrMax + 1, HIGH_RAM_BASE))
  if (placed.initrd == NOWHERE && setup.above4G) placed.initrd = highest(length, PAGE_BYTES, HIGH_RAM_BASE, highRamEnd())
  if (placed.initrd == NOWHERE || !claim(placed.initrd, length)) {
    say('the initrd of ')
    sayDecimal(length)
    say(' bytes does not fit into the RAM that the kernel leaves, up to ')
    sayHexadecimal(setup.initrdAddrMax)
    return refuse(': give the VM more memory')
  }
  return toRam(BootFile.Initrd, 0, placed.initrd, length) || refuse('the initrd cannot be read: pack the image again')
}
