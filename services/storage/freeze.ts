/** What a commit writes, as it is when the commit begins: nodes where they are, images of everything that may change while it is being written. */
import { Device, deviceOfLeaf, leafBlock, leafOf } from './device'
import { dirtyPages, isRecordLeafDirty, takeDirty } from './dirty'
import { BlockBytes, Count, CountHighBits, Entry, EntryPlace, VolumeLeaves } from './layout'
import { contentOf, LeafKey, NoKey, numberOfPage, Page, page, PageFlag, PageState, promise, setPageState, takePage } from './page'
import { freeOfLeaf, leafEntry, setLeafEntry } from './tables'
import { indexChanged } from './tablewrite'
import { crc32c } from './transfer'
import { recordLeaf } from './volumes'

/** Number + 1 of the first page to be written. */
export let frozen: u32 = 0
/** Number + 1 of the first leaf of counts that has some to settle when this commit is done. */
export let settling: u32 = 0

/** Freezes all that changed, whose checksums are right. */
export function freeze(): void {
  frozen = settling = 0
  for (let number = dirtyPages; number != 0;) {
    const it = page(number - 1)
    number = it.link
    if ((it.flags & PageFlag.Gone) != 0) setPageState(it, PageState.Free)
    else if ((it.key & LeafKey) != 0) freezeCounts(it)
    else freezeNode(it)
  }
  for (let leaf: u32 = 0; leaf < VolumeLeaves; leaf++) if (isRecordLeafDirty(leaf)) freezeRecords(leaf)
  takeDirty()
}

function enqueue(it: Page, on: Device, target: u64): void {
  setPageState(it, PageState.Writing)
  it.device = on.handle
  it.target = target
  it.link = frozen
  frozen = numberOfPage(it) + 1
}

function freezeNode(it: Page): void {
  const on = deviceOfLeaf(leafOf(it.key))
  enqueue(it, on, it.key - on.first)
}

function image(): Page {
  promise(-1)
  const made = takePage(NoKey)
  assert(made != null, 'pages were promised to the commit')
  return changetype<Page>(made)
}

function enqueueImage(it: Page, leaf: u32, free: u32): void {
  const place = (leafEntry(leaf) ^ EntryPlace) & EntryPlace
  setLeafEntry(leaf, place | (<u64>free << Entry.FreeShift) | crc32c(contentOf(it), BlockBytes))
  indexChanged(leaf)
  const on = deviceOfLeaf(leaf)
  enqueue(it, on, leafBlock(on, leaf, <u32>(place != 0)))
}

/** Counts as they are on devices: what is held or was freed has none. */
function freezeCounts(it: Page): void {
  setPageState(it, PageState.Clean)
  if (it.held != 0) {
    it.settling = settling
    settling = numberOfPage(it) + 1
  }
  const made = image()
  const to = contentOf(made)
  memory.copy(to, contentOf(it), BlockBytes)
  if (it.held != 0) clearHeld(to)
  enqueueImage(made, <u32>it.key, freeOfLeaf(<u32>it.key) + it.held)
}

function clearHeld(counts: usize): void {
  for (let word: usize = 0; word < BlockBytes; word += 8) {
    if ((load<u64>(counts + word) & CountHighBits) == 0) continue
    for (let at = word; at < word + 8; at += 2) {
      const count: u32 = load<u16>(counts + at)
      if (count >= Count.Held && count != Count.Reserved) store<u16>(counts + at, 0)
    }
  }
}

function freezeRecords(leaf: u32): void {
  const made = image()
  memory.copy(contentOf(made), recordLeaf(leaf), BlockBytes)
  enqueueImage(made, leaf, 0)
}
