/** Nodes and leaves of counts, read when they are not in memory. */
import * as storage from '../../capability/storage'
import { Device, deviceOfLeaf, isDataBlock, leafBlock, leafOf } from './device'
import { BlockBytes, EntryInitial, EntryPlace, Pointer } from './layout'
import { Outcome, wait } from './outcome'
import { contentOf, dropPage, findPage, LeafKey, numberOfPage, Page, page, PageFlag, PageState, setPageState, takePage } from './page'
import { beginRead, complainOfDevice, endRead } from './pool'
import { fillInitial, judgeLeaf, leafEntry } from './tables'
import { Tag, tagOf } from './tag'
import { crc32c, readBlock } from './transfer'

/** What the last attempt that was Done found. */
export let fetched: Page = changetype<Page>(0)

function begin(key: u64, on: Device, block: u64, checksum: u32): Outcome {
  const found = takePage(key)
  if (!found) return wait(0)
  if (!readBlock(on.handle, block, contentOf(found), tagOf(Tag.Page, numberOfPage(found)))) {
    dropPage(found)
    return wait(0)
  }
  found.checksum = checksum
  found.device = on.handle
  found.generation = beginRead()
  setPageState(found, PageState.Reading)
  return wait(numberOfPage(found) + 1)
}

/** What is known of a page that is there. A bad one is reported to whoever asks first, and read again for the next. */
function judge(found: Page): Outcome {
  if (found.state == PageState.Reading) return wait(numberOfPage(found) + 1)
  if (found.state == PageState.Bad) {
    dropPage(found)
    return Outcome.Corrupt
  }
  fetched = found
  return Outcome.Done
}

/** The node that a pointer points at. */
export function fetchNode(pointer: Pointer): Outcome {
  const found = findPage(pointer.block)
  if (found) return judge(found)
  if (pointer.reserved != 0 || !isDataBlock(pointer.block)) return Outcome.Corrupt
  const on = deviceOfLeaf(leafOf(pointer.block))
  return begin(pointer.block, on, pointer.block - on.first, pointer.checksum)
}

/** A leaf of counts. One that was never written is made, which counts as a wait, since it takes a page. */
export function fetchLeaf(leaf: u32): Outcome {
  const found = findPage(LeafKey | leaf)
  if (found) return judge(found)
  const on = deviceOfLeaf(leaf)
  const entry = leafEntry(leaf)
  if ((entry & EntryInitial) == 0) return begin(LeafKey | leaf, on, leafBlock(on, leaf, <u32>((entry & EntryPlace) != 0)), <u32>entry)
  const made = takePage(LeafKey | leaf)
  if (!made) return wait(0)
  fillInitial(leaf, contentOf(made))
  made.generation = 0
  setPageState(made, PageState.Clean)
  return wait(numberOfPage(made) + 1)
}

/** A page's block was read. */
export function pageWasRead(number: u32, status: u32): void {
  const it = page(number)
  endRead(it.generation)
  it.generation = 0
  if ((it.flags & PageFlag.Gone) != 0) {
    setPageState(it, PageState.Free)
    return
  }
  const content = contentOf(it)
  if (status != storage.StorageStatus.Ok) complainOfDevice(it.device, 'read metadata')
  const right = status == storage.StorageStatus.Ok && crc32c(content, BlockBytes) == it.checksum
    && ((it.key & LeafKey) == 0 || judgeLeaf(<u32>it.key, content))
  setPageState(it, right ? PageState.Clean : PageState.Bad)
}
