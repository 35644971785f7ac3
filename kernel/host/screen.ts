/** The host's screen as the boot loader left it: whether it can be written to, and what its driver is told of it. */
import { ScreenMode, ScreenNumber } from '../../capability/screen'
import { Framebuffer, framebuffer, FramebufferType, rootPointers } from '../firmware/bootinformation'
import { isRam } from '../firmware/memorymap'
import { DirectBase, NucleusSlot } from '../memory/layout'
import { mapDirect } from '../memory/paging'

/** Physical address of its memory. */
export let apertureAddress: u64 = 0
/** Bytes of it. */
export let apertureBytes: u64 = 0
/** One of ScreenMode. */
export let screenMode: u32 = ScreenMode.None

const OffsetLimit: u64 = 1 << 32 // of the driver's 32-bit offsets

/** Takes the screen into use; false when there is none, or what is told of it cannot be true. */
export function findScreen(): bool {
  const screen = framebuffer()
  if (screen.address == 0 && rootPointers().efiSystemTable == 0) assumeTextMode(screen)
  const bytes = <u64>screen.pitch * screen.height
  const wide = screen.type == FramebufferType.Text ? 16 : (screen.bitsPerPixel + 7) & ~7
  if (screen.address == 0 || bytes == 0 || bytes > OffsetLimit || <u64>screen.width * wide > <u64>screen.pitch * 8) return false
  // A screen's driver must not be let into memory that somebody else may be given.
  if (screen.address > NucleusSlot - DirectBase - bytes || isRam(screen.address, bytes)) return false
  switch (screen.type) {
    case FramebufferType.Text: screenMode = ScreenMode.Text; break
    case FramebufferType.Rgb: screenMode = ScreenMode.Rgb; break
    case FramebufferType.Indexed: screenMode = ScreenMode.Indexed; break
    default: return false
  }
  apertureAddress = screen.address
  apertureBytes = bytes
  return mapDirect(screen.address, screen.address + bytes)
}

/** A BIOS leaves mode 3, 80 columns and 25 rows at B8000h, and a boot loader that tells of no screen has not changed it. */
function assumeTextMode(screen: Framebuffer): void {
  screen.address = 0xB8000
  screen.pitch = 160
  screen.width = 80
  screen.height = 25
  screen.bitsPerPixel = 16
  screen.type = FramebufferType.Text
}

/** One of ScreenNumber; 0 for an unknown key. */
export function screenValue(key: u32): u32 {
  const screen = framebuffer()
  switch (key) {
    case ScreenNumber.Mode: return screenMode
    case ScreenNumber.Width: return screen.width
    case ScreenNumber.Height: return screen.height
    case ScreenNumber.Pitch: return screen.pitch
    case ScreenNumber.BitsPerPixel: return screen.bitsPerPixel
    case ScreenNumber.RedPosition: return screen.redPosition
    case ScreenNumber.RedSize: return screen.redSize
    case ScreenNumber.GreenPosition: return screen.greenPosition
    case ScreenNumber.GreenSize: return screen.greenSize
    case ScreenNumber.BluePosition: return screen.bluePosition
    case ScreenNumber.BlueSize: return screen.blueSize
  }
  return 0
}
