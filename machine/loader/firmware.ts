/**
 * Firmware: a flat image that ends at 4 GiB, where the processor starts 16 bytes below the end, and whose last 128 KiB are below 1 MiB too. The VM gets
 * nothing else: no ACPI tables, no memory map, and a processor as power-on leaves it. Intel SDM vol. 3, 10.1.4.
 */
import { FirmwareLimit } from '../../capability/config'
import { copy, bytes, open } from './image'
import { refuse, say, sayDecimal } from '../message'

@inline const TOP: u64 = 0x1_0000_0000
@inline const LOW_TOP: u64 = 0x10_0000
@inline const LOW_BYTES: u64 = 128 << 10
@inline const LEAST_BYTES: u64 = 64 << 10
@inline const PAGE_BYTES: u64 = 4096

/** Puts the image in both places; below 1 MiB it is in RAM, as chipsets make it for firmware that wants to write there. False, with the reason logged. */
export function loadFirmware(): bool {
  open()
  const length = bytes()
  if (length < LEAST_BYTES || length > FirmwareLimit || length % PAGE_BYTES != 0) {
    say('kernel: firmware of ')
    sayDecimal(length)
    return refuse(' bytes: it has to be 64 KiB to 16 MiB, a multiple of 4 KiB')
  }
  const low = min(length, LOW_BYTES)
  return copy(0, TOP - length, length) && copy(length - low, LOW_TOP - low, low) ? true : refuse('kernel: the firmware could not be put below 4 GiB')
}
