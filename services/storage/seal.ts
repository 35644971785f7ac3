/** Checksums of changed nodes go into what points at them, from the lowest level up to the volumes' records. After that no node is a volume's own any more. */
import { dirtyPages } from './dirty'
import { BlockBytes, Limit } from './layout'
import { contentOf, Page, page, PageFlag } from './page'
import { crc32c } from './transfer'
import { pointerAt } from './tree'
import { volume } from './volumes'

export function seal(): void {
  for (let level: u32 = 0; level < Limit.Height; level++) {
    for (let number = dirtyPages; number != 0; number = page(number - 1).link) {
      const it = page(number - 1)
      if ((it.flags & (PageFlag.Own | PageFlag.Gone)) == PageFlag.Own && it.level == level) sealNode(it)
    }
  }
}

function sealNode(it: Page): void {
  it.flags &= ~PageFlag.Own
  const pointer = it.parent == 0 ? volume(it.slot).root : pointerAt(page(it.parent - 1), it.slot)
  pointer.checksum = crc32c(contentOf(it), BlockBytes)
}
