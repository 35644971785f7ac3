/** The host's screen as the boot loader left it: whether it can be written to. */
import { ScreenType } from '../../capability/screen'
import { Framebuffer, framebuffer, rootPointers } from '../firmware/bootinformation'
import { mapDevice } from './aperture'

/** Physical address of its memory. */
export let apertureAddress: u64 = 0
/** Bytes of it. */
export let apertureBytes: u64 = 0

const OffsetLimit: u64 = 1 << 32 // of the driver's 32-bit offsets

/** Takes the screen into use; false when there is none, or what is told of it cannot be true. */
export function findScreen(): bool {
  const screen = framebuffer()
  if (screen.address == 0 && rootPointers().efiSystemTable == 0) assumeTextMode(screen)
  const bytes = <u64>screen.pitch * screen.height
  const wide = screen.type == ScreenType.Text ? 16 : (screen.bitsPerPixel + 7) & ~7
  if (screen.address == 0 || screen.type > ScreenType.Text || bytes == 0 || bytes > OffsetLimit || <u64>screen.width * wide > <u64>screen.pitch * 8) return false
  apertureAddress = screen.address
  apertureBytes = bytes
  return mapDevice(screen.address, bytes)
}

/** A BIOS leaves mode 3, 80 columns and 25 rows at B8000h, and a boot loader that tells of no screen has not changed it. */
function assumeTextMode(screen: Framebuffer): void {
  screen.address = 0xB8000
  screen.pitch = 160
  screen.width = 80
  screen.height = 25
  screen.bitsPerPixel = 16
  screen.type = ScreenType.Text
}
