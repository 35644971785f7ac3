/** Who a frame of the host's memory belongs to. A number may be used again by another sandbox or VM once its owner has no frame left. */
export namespace Owner {
  export const Free: u32 = 0
  export const Nucleus: u32 = 1 // image, stacks, page tables, the frame table
  export const BootModules: u32 = 2 // what the boot loader brought
  export const Firmware: u32 = 3 // RAM that the firmware asked to leave alone, e.g. ACPI tables
  export const Sandbox: u32 = 16 // + the sandbox's number: its instance
  export const Ram: u32 = 144 // + the VM's index: guest RAM
  export const Control: u32 = 208 // + the VM's index: nested page tables, vCPUs and what belongs to them
  export const Limit: u32 = 512
}
