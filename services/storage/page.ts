/**
 * Blocks of metadata in memory: nodes and leaves of counts, and images, copies of what is about to be written. A page that is neither being read or written nor
 * different from what is on the device, and that nobody holds, gives way to another: the one that was not used for longest, nearly.
 */
import { BlockShift } from './layout'
import { take, takeAny } from './arena'

export namespace PageState {
  export const Free: u32 = 0
  export const Reading: u32 = 1
  export const Bad: u32 = 2 // what was read is not what was written
  export const Clean: u32 = 3
  export const Dirty: u32 = 4 // part of the commit to come
  export const Writing: u32 = 5
}

export namespace PageFlag {
  export const Used: u32 = 1 // since the hand last went by
  export const Own: u32 = 2 // a node that one volume alone has: changed where it is; its checksum in the parent is not yet right
  export const Gone: u32 = 4 // its block was given back: of no use when what is under way with it has ended
}

/** Bit of the key of a leaf of counts; a node's is its block, an image has none. */
@inline export const LeafKey: u64 = 1 << 63
@inline export const NoKey: u64 = u64.MAX_VALUE

@unmanaged export class Page {
  key: u64
  generation: u64 // in which it was last changed, or its reading began
  target: u64 //     block of the device that it is written to
  state: u32
  flags: u32
  next: u32 //       number + 1 of the next with the same hash
  link: u32 //       number + 1 of the next in the list that it is in
  device: u32 //     that it is written to
  level: u32 //      of a node: 0 points at data
  parent: u32 //     number + 1 of its parent's page; 0: `slot` is a volume, whose root it is
  slot: u32 //       which of the parent's pointers
  checksum: u32 //   that it is to have
  held: u32 //       counts of this leaf that are Held or Freed
  freedEven: u32 //  how many of them are FreedEven
  freedOdd: u32
  settling: u32 //   number + 1 of the next leaf with counts that a commit settles
}
const PageShift: usize = 6 + 1
/** What a step of a change needs at most, in pages: a node to copy, with the leaves of all that it points at twice over. */
export const ChangePages: u32 = 600

let records: usize = 0
let contents: usize = 0
let buckets: usize = 0
let hand: u32 = 0
export let pageCount: u32 = 0
let busy: u32 = 0 // pages that cannot give way
let promised: u32 = 0 // images that the next commit will take

@inline export function page(number: u32): Page { return changetype<Page>(records + (<usize>number << PageShift)) }
@inline export function numberOfPage(it: Page): u32 { return <u32>((changetype<usize>(it) - records) >> PageShift) }
@inline export function contentOf(it: Page): usize { return contents + (<usize>numberOfPage(it) << BlockShift) }
@inline function bucket(key: u64): usize { return buckets + (<usize>((key * 0x9E37_79B9_7F4A_7C15) >> 40) & (pageCount - 1) << 2) }

/** Makes `count` pages, a power of two. False without memory for them. */
export function makePages(count: u32): bool {
  pageCount = count
  hand = busy = promised = 0
  records = take(<usize>count << PageShift)
  buckets = take(<usize>count << 2)
  contents = records && buckets ? takeAny(<usize>count << BlockShift) : 0
  return contents != 0
}

/** Pages that can be had. */
export function availablePages(): u32 { return pageCount > busy + promised ? pageCount - busy - promised : 0 }
/** Sets pages aside for the next commit, or gives them back. */
export function promise(count: i32): void { promised += count }

@inline function isBusy(it: Page): bool {
  return it.held != 0 || it.state == PageState.Reading || it.state == PageState.Dirty || it.state == PageState.Writing
}

export function setPageState(it: Page, state: u32): void {
  const before = isBusy(it)
  it.state = state
  busy += <u32>isBusy(it) - <u32>before
}
export function hold(it: Page, change: i32): void {
  const before = isBusy(it)
  it.held += change
  busy += <u32>isBusy(it) - <u32>before
}

/** The page with a key; null when there is none. */
export function findPage(key: u64): Page | null {
  for (let number = load<u32>(bucket(key)); number != 0;) {
    const found = page(number - 1)
    if (found.key == key) {
      found.flags |= PageFlag.Used
      return found
    }
    number = found.next
  }
  return null
}

function unhash(it: Page): void {
  if (it.key == NoKey) return
  let at = bucket(it.key)
  while (load<u32>(at) != numberOfPage(it) + 1) at = changetype<usize>(page(load<u32>(at) - 1)) + offsetof<Page>('next')
  store<u32>(at, it.next)
  it.key = NoKey
}

/** Gives a page another key. */
export function rekey(it: Page, key: u64): void {
  unhash(it)
  it.key = key
  if (key == NoKey) return
  it.next = load<u32>(bucket(key))
  store<u32>(bucket(key), numberOfPage(it) + 1)
}

/** A page for other contents, in state Free, of which nothing but its key is set; null when all are busy. */
export function takePage(key: u64): Page | null {
  for (let steps: u32 = 0; steps < 2 * pageCount; steps++) {
    const candidate = page(hand)
    hand = (hand + 1) & (pageCount - 1)
    if (isBusy(candidate)) continue
    if ((candidate.flags & PageFlag.Used) != 0 && candidate.state != PageState.Free) {
      candidate.flags &= ~PageFlag.Used
      continue
    }
    if (candidate.state != PageState.Free) unhash(candidate)
    candidate.state = PageState.Free
    candidate.flags = PageFlag.Used
    candidate.freedEven = candidate.freedOdd = 0
    candidate.key = NoKey
    rekey(candidate, key)
    return candidate
  }
  return null
}

/** Forgets a page: at once, or when what is under way with it has ended. */
export function dropPage(it: Page): void {
  unhash(it)
  if (it.state == PageState.Reading || it.state == PageState.Dirty || it.state == PageState.Writing) it.flags |= PageFlag.Gone
  else setPageState(it, PageState.Free)
}
