/** How often each volume is in use. */
const counts: usize = memory.data(4096 << 1, 2)

export function clearOpened(): void { memory.fill(counts, 0, 4096 << 1) }
export function isOpened(volume: u32): bool { return load<u16>(counts + (<usize>volume << 1)) != 0 }
export function openVolume(volume: u32): void { store<u16>(counts + (<usize>volume << 1), load<u16>(counts + (<usize>volume << 1)) + 1) }
export function closeVolume(volume: u32): void { store<u16>(counts + (<usize>volume << 1), load<u16>(counts + (<usize>volume << 1)) - 1) }
