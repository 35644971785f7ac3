/**
 * A nucleus for another CPU: a copy of this one as it is now. Both see the same text, direct map, sandboxes and window; what is written, the image's data,
 * its stacks, the instance and its linear memory but for the log, each has for itself, at the same addresses.
 */
import * as hw from '../hw'
import { ImageBase, InstancePages, NucleusLinear } from '../memory/layout'
import { isLogPage } from '../log/log'
import { AddressMask, copyFrame, lookup, ownEntry } from '../memory/paging'

const PageBytes: u64 = 4096

/** The hpa of the copy's page tables; 0 when there is not enough memory for it. */
export function forkNucleus(): u64 {
  const root = copyFrame(hw.readCr3())
  if (root == 0) return 0
  for (let va = hw.imageAddress(hw.ImageAddress.RodataEnd); va < hw.imageAddress(hw.ImageAddress.End); va += PageBytes) {
    const hpa = lookup(va)
    if (hpa != 0 && !place(root, va, copyFrame(hpa))) return 0
  }
  // The instance and its memory are pages of the image, mapped once more.
  for (let i: u64 = InstancePages; i > 0; i--) if (!placeAgain(root, NucleusLinear - i * PageBytes)) return 0
  for (let va = NucleusLinear + PageBytes; isImage(lookup(va)); va += PageBytes) if (!isLogPage(<usize>(va - NucleusLinear)) && !placeAgain(root, va)) return 0
  return root
}

function isImage(hpa: u64): bool { return hpa != 0 && hpa < hw.imageAddress(hw.ImageAddress.End) - ImageBase }

function place(root: u64, va: u64, frame: u64): bool {
  const at = frame != 0 ? ownEntry(root, va) : 0
  if (at == 0) return false
  hw.store64(at, hw.load64(at) & ~AddressMask | frame)
  return true
}

/** Maps at `va` what the copy has for the page of the image that is there. */
function placeAgain(root: u64, va: u64): bool {
  const copy = ownEntry(root, ImageBase + lookup(va))
  return copy != 0 && place(root, va, hw.load64(copy) & AddressMask)
}
