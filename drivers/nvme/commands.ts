/** Commands and how they end. NVM Express 1.4, 4.2, 4.6, 5 and 6. */

/** A submission queue entry. Figure 105. */
@unmanaged export class Submission {
  command: u32 //  00h  CDW0: opcode | PSDT << 14 | identifier << 16
  namespace: u32 // 04h
  reserved: u64 // 08h
  metadata: u64 // 10h
  data1: u64 //    18h  PRP1, or the SGL's address
  data2: u64 //    20h  PRP2, or the SGL's length and kind
  cdw10: u32 //    28h
  cdw11: u32 //    2Ch
  cdw12: u32 //    30h
  cdw13: u32 //    34h
  cdw14: u32 //    38h
  cdw15: u32 //    3Ch
}

/** Bytes of a submission queue entry, as a power of 2. */
export const SubmissionShift: u32 = 6

/** A completion queue entry, which the controller writes: offsets, since it is read only by `shared32`. Figure 121. */
export namespace Completion {
  export const Result: u32 = 0x0
  export const Queue: u32 = 0x8 // head of the submission queue | its identifier << 16
  export const Status: u32 = 0xc // the command's identifier | phase << 16 | status << 17
}

/** Bytes of a completion queue entry, as a power of 2. */
export const CompletionShift: u32 = 4

/** Figure 139. */
export namespace AdminOpcode {
  export const CreateSubmissionQueue: u32 = 0x01
  export const CreateCompletionQueue: u32 = 0x05
  export const Identify: u32 = 0x06
  export const Abort: u32 = 0x08
  export const SetFeatures: u32 = 0x09
}

/** CNS of Identify. Figure 244. */
export namespace Identify {
  export const Namespace: u32 = 0
  export const Controller: u32 = 1
  export const ActiveNamespaces: u32 = 2
}

/** Features. Figure 271. */
export namespace Feature {
  export const NumberOfQueues: u32 = 7
}

/** CDW11 of Create I/O Completion Queue and Create I/O Submission Queue. Figures 154 and 158. */
export namespace QueueFlag {
  export const Contiguous: u32 = 1 << 0
  export const Interrupts: u32 = 1 << 1 // of a completion queue; the message is number 0
}

/** Commands of I/O queues. Figure 347. */
export namespace Opcode {
  export const Flush: u32 = 0x00
  export const Write: u32 = 0x01
  export const Read: u32 = 0x02
  export const WriteZeroes: u32 = 0x08
  export const DatasetManagement: u32 = 0x09
}

/** PSDT in CDW0: the data is at an SGL, not at PRPs. Figure 104. */
export const UsesSgl: u32 = 1 << 14

/** Kind of an SGL descriptor, in its last byte; a data block is 0. Figure 114. */
@inline export const SglLastSegment: u64 = 0x30 << 56

/** AD of Dataset Management's CDW11. Figure 361. */
export const Deallocate: u32 = 1 << 2

/** A status as `finished` has it: status code | its type << 8, and whether to try again is in vain. Figures 124 to 128. */
export namespace CommandStatus {
  export const Ok: u32 = 0
  export const InvalidOpcode: u32 = 0x001
  export const Code: u32 = 0x7ff
  export const DoNotRetry: u32 = 1 << 14 // DNR
}
