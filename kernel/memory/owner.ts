/**
 * Who a frame of memory belongs to. Numbers from `First` on are given out by the nucleus, one for each VM and each sandbox,
 * and may be used again once `owned(owner)` is 0.
 */
export namespace Owner {
  export const Free: u32 = 0
  export const Nucleus: u32 = 1 // image, stacks, page tables, the frame table
  export const BootModules: u32 = 2 // what the boot loader brought
  export const Firmware: u32 = 3 // RAM that the firmware asked to leave alone, e.g. ACPI tables
  export const First: u32 = 16
  export const Limit: u32 = 512
}
