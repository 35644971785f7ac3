/** What any sandbox may try, and must only ever hurt itself with. */

/** Memory that no compiler knows to hold zero. */
const cell: usize = memory.data(8, 8)

@inline function zero(): u32 { return load<u32>(cell) }

/** Each by the name that its trigger gives. */
export namespace Crime {
  export const Null: u32 = 1
  export const FarLoad: u32 = 2
  export const FarStore: u32 = 3
  export const Division: u32 = 4
  export const Overflow: u32 = 5
  export const Abort: u32 = 6
  export const Unreachable: u32 = 7
  export const Loop: u32 = 8
  export const Recursion: u32 = 9
  export const GrowingRecursion: u32 = 10
  export const CopyingRecursion: u32 = 11
  export const BeyondGrowth: u32 = 12
  export const WrongFunction: u32 = 13
  export const NoFunction: u32 = 14
  export const Copy: u32 = 15
}

/** Does it. Returns only if nothing stopped it. */
export function commit(crime: u32): void {
  switch (crime) {
    case Crime.Null: store<u32>(cell, load<u32>(zero())); break
    case Crime.FarLoad: store<u32>(cell, load<u8>(~zero(), 0x7FFF_FFFF)); break
    case Crime.FarStore: store<u8>(~zero(), 1, 0x7FFF_FFFF); break
    case Crime.Division: store<u32>(cell, 1 / zero()); break
    case Crime.Overflow: store<u32>(cell, (<i32>zero() | i32.MIN_VALUE) / ~<i32>zero()); break
    case Crime.Abort: assert(zero() != 0, 'the board is on fire'); break
    case Crime.Unreachable: unreachable()
    case Crime.Loop: for (;;) store<u32>(cell, zero())
    case Crime.Recursion: dive(1); break
    case Crime.GrowingRecursion: diveGrowing(1); break
    case Crime.CopyingRecursion: diveCopying(1); break
    case Crime.BeyondGrowth:
      while (memory.grow(1) >= 0) {}
      store<u8>(<usize>memory.size() << 16, 1)
      break
    case Crime.WrongFunction: call_indirect(load<u32>(changetype<usize>(dive)) + zero()); break
    case Crime.NoFunction: call_indirect(~zero()); break
    case Crime.Copy: memory.copy(zero(), ~zero(), 64); break
  }
}

function dive(depth: u32): u32 {
  const below = dive(depth + 1)
  store<u32>(cell, depth)
  return below + depth
}

/** Asks the nucleus for memory at every depth. */
function diveGrowing(depth: u32): u32 {
  const below = memory.grow(0) + diveGrowing(depth + 1)
  store<u32>(cell, depth)
  return below + depth
}

/** Calls the runtime's own code at every depth. */
function diveCopying(depth: u32): u32 {
  memory.copy(cell + 4, cell, depth & 3)
  const below = diveCopying(depth + 1)
  store<u32>(cell, depth)
  return below + depth
}
