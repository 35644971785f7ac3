/** Exceptions by their vectors. SDM vol. 3, table 6-1; APM vol. 2, table 8-1. */
export namespace Exception {
  export const Debug: u32 = 1
  export const Nmi: u32 = 2
  export const InvalidOpcode: u32 = 6
  export const DoubleFault: u32 = 8
  export const InvalidTss: u32 = 10
  export const SegmentNotPresent: u32 = 11
  export const StackFault: u32 = 12
  export const GeneralProtection: u32 = 13
  export const PageFault: u32 = 14
  export const FloatingPointError: u32 = 16
  export const AlignmentCheck: u32 = 17
  export const MachineCheck: u32 = 18
}
