/** Memory of an imported pool: taken when it is imported, forgotten with it. */
let next: usize = 0

/** Forgets everything. */
export function clearArena(): void { next = (__heap_base + 4095) & ~4095 }

/** Takes bytes, from a multiple of 4 KiB on, with anything in them; 0 when the sandbox gets no more memory. */
export function takeAny(bytes: usize): usize {
  const begin = next
  const end = (begin + bytes + 4095) & ~4095
  if (end < begin) return 0
  const pages = <i32>((end + 0xFFFF) >> 16) - memory.size()
  if (pages > 0 && memory.grow(pages) < 0) return 0
  next = end
  return begin
}

/** The same with zeros in them. */
export function take(bytes: usize): usize {
  const begin = takeAny(bytes)
  if (begin != 0) memory.fill(begin, 0, bytes)
  return begin
}
