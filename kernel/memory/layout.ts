/**
 * Where things lie in the nucleus's address space (boot/layout.h says the same to C) and in its linear memory.
 */
@inline export const ImageBase: u64 = 0xFFFF_FFFF_8000_0000 // physical address 0 of the image
@inline export const DirectBase: u64 = 0xFFFF_8000_0000_0000 // all physical memory
@inline export const NucleusSlot: u64 = 0xFFFF_9F80_0000_0000 // this CPU's nucleus: each CPU has its own there
@inline export const SlotBase: u64 = 0xFFFF_A000_0000_0000 // one slot for each sandbox, by its number; none has number 0
@inline export const SlotBytes: u64 = 0x4_0000_0000
@inline export const SlotLinear: u64 = 0x1_0000_0000 // from a slot's start to its linear memory
@inline export const MemoryDistance: u64 = 0x4000 // from an instance's memory descriptor to its linear memory
@inline export const InstancePages: u32 = 8 // that end where the linear memory begins
@inline export const NucleusLinear: u64 = NucleusSlot + SlotLinear

/** Linear addresses in every nucleus instance: the frame table, and the window that all instances share. */
export const FrameTableBase: usize = 0x1000_0000
export const WindowBase: usize = 0x4000_0000
export const WindowLimit: usize = 0x8000_0000
