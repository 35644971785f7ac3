/** A bounded first-in first-out queue of bytes: what does not fit is refused, so nothing that was taken is lost. */
@unmanaged export class Queue {
  data: usize //   linear address
  capacity: u32 // a power of two
  head: u32 //     bytes ever taken out
  tail: u32 //     bytes ever put in

  @inline get length(): u32 { return this.tail - this.head }

  /** False when the queue is full. */
  @inline push(byte: u32): bool {
    if (this.length == this.capacity) return false
    store<u8>(this.data + (this.tail++ & (this.capacity - 1)), <u8>byte)
    return true
  }

  /** The oldest byte, or -1. */
  @inline pull(): i32 {
    if (this.length == 0) return -1
    return load<u8>(this.data + (this.head++ & (this.capacity - 1)))
  }
}

/** Makes `queue` an empty one over `capacity` bytes (a power of two) at `data`. */
export function initializeQueue(queue: Queue, data: usize, capacity: u32): void {
  queue.data = data
  queue.capacity = capacity
  queue.head = 0
  queue.tail = 0
}
