/** An NVMe controller's registers, by their offset in the memory of base address register 0. NVM Express 1.4, 3.1. */
export namespace Register {
  export const Capabilities: u32 = 0x00 // CAP, 64 bits
  export const Configuration: u32 = 0x14 // CC
  export const Status: u32 = 0x1c // CSTS
  export const AdminQueueAttributes: u32 = 0x24 // AQA
  export const AdminSubmissionQueue: u32 = 0x28 // ASQ, 64 bits
  export const AdminCompletionQueue: u32 = 0x30 // ACQ, 64 bits
  export const Doorbells: u32 = 0x1000 // SQ0TDBL
}

/** The base address register that they are at. 2.1.10. */
export const RegistersBar: u32 = 0

/** CC. 3.1.5. Memory pages of 4 KiB, round robin and the NVM command set are 0. */
export namespace Configuration {
  export const Enable: u32 = 1 << 0
  export const SubmissionEntryBytes: u32 = 6 << 16 // IOSQES: 2^6
  export const CompletionEntryBytes: u32 = 4 << 20 // IOCQES: 2^4
}

/** CSTS. 3.1.6. */
export namespace ControllerStatus {
  export const Ready: u32 = 1 << 0
  export const Fatal: u32 = 1 << 1 // CFS
}

/** What every register of a function that is no longer there reads. */
export const Nothing: u32 = 0xffffffff
