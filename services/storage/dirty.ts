/** What the next commit has to write: a list of changed pages, and which blocks of volume records changed. */
import { RecordsPerLeaf, VolumeLeaves } from './layout'
import { LeafKey, NoKey, numberOfPage, Page, PageState, promise, setPageState } from './page'
import { generation } from './pool'

/** Number + 1 of the first changed page. */
export let dirtyPages: u32 = 0
export let dirtyPageCount: u32 = 0
const recordLeaves: usize = memory.data(256)
/** How many blocks of volume records changed. */
export let dirtyRecordLeaves: u32 = 0

/** A page was changed. An image of a leaf of counts is written, so that it can change again at once. */
export function changed(it: Page): void {
  if (it.state == PageState.Dirty) return
  setPageState(it, PageState.Dirty)
  it.generation = generation
  it.link = dirtyPages
  dirtyPages = numberOfPage(it) + 1
  dirtyPageCount++
  if (it.key != NoKey && (it.key & LeafKey) != 0) promise(1)
}

/** A volume's record was changed. */
export function recordChanged(volume: u32): void {
  const at = recordLeaves + volume / RecordsPerLeaf
  if (load<u8>(at) != 0) return
  store<u8>(at, 1)
  dirtyRecordLeaves++
  promise(1)
}
export function isRecordLeafDirty(leaf: u32): bool { return load<u8>(recordLeaves + leaf) != 0 }

/** True when there is something to commit. */
export function isAnythingDirty(): bool { return dirtyPages != 0 || dirtyRecordLeaves != 0 }

/** Begins a new list; the old one is the caller's. */
export function takeDirty(): void {
  dirtyPages = dirtyPageCount = 0
  dirtyRecordLeaves = 0
  memory.fill(recordLeaves, 0, VolumeLeaves)
}
