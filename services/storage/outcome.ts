/**
 * How an attempt ended. Whatever needs a block of metadata that is not in memory asks for it and ends as Wait, having changed nothing that it would not find
 * again; it is begun anew when the block is there.
 */
export enum Outcome {
  Done,
  Wait, // for the page `awaited`, or for anything to end if there is none
  NoSpace,
  Corrupt,
  Hole, // nothing is mapped there
  Again, // a part is done: call again
  Full, // no more changes can be kept before the next commit
}

/** Number + 1 of the page that the last Wait was about; 0: none. */
export let awaited: u32 = 0

/** A Wait for `page`. */
export function wait(page: u32): Outcome {
  awaited = page
  return Outcome.Wait
}
