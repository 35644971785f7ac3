/**
 * A ring of bytes that keeps the newest. Positions count bytes since the ring was made, so a reader that was away can tell
 * what it missed: everything below `begin` is gone.
 */
@unmanaged export class Ring {
  data: usize //   linear address
  capacity: u32 // a power of two
  reserved: u32
  end: u64 //      position after the newest byte

  /** Position of the oldest byte kept. */
  @inline get begin(): u64 { return this.end > this.capacity ? this.end - this.capacity : 0 }

  @inline push(byte: u32): void {
    store<u8>(this.data + (<usize>this.end & (this.capacity - 1)), <u8>byte)
    this.end++
  }

  @inline at(position: u64): u32 { return load<u8>(this.data + (<usize>position & (this.capacity - 1))) }

  /** Copies at most `limit` bytes from `position`, clamped to what is kept, to `target`; returns how many. */
  read(position: u64, target: usize, limit: u32): u32 {
    let from = max(position, this.begin)
    let count: u32 = 0
    while (from < this.end && count < limit) store<u8>(target + count++, <u8>this.at(from++))
    return count
  }
}

/** Makes `ring` an empty one over `capacity` bytes (a power of two) at `data`. */
export function initializeRing(ring: Ring, data: usize, capacity: u32): void {
  ring.data = data
  ring.capacity = capacity
  ring.end = 0
}
