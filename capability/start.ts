/** The state in which the boot processor starts, set by the machine's loader before it reports that it is ready. */
import { TaskRegisters } from './vcpu'

/** All its registers but the segments. */
@unmanaged export class StartState extends TaskRegisters {
  cr0: u64 //       90h
  cr3: u64 //       98h
  cr4: u64 //       A0h
  efer: u64 //      A8h
  gdtrBase: u64 //  B0h
  gdtrLimit: u64 // B8h
  idtrBase: u64 //  C0h
  idtrLimit: u64 // C8h
}
/** Bytes of a StartState. */
export const StartStateBytes: u32 = 0xD0

/** Segments of `segment`, in the order of their encoding. */
export namespace StartSegment {
  export const Es: u32 = 0
  export const Cs: u32 = 1
  export const Ss: u32 = 2
  export const Ds: u32 = 3
  export const Fs: u32 = 4
  export const Gs: u32 = 5
  export const Tr: u32 = 6
  export const Ldtr: u32 = 7
}

/** Takes the StartState at `source`; without, the processor starts as after reset (real mode, CS:IP F000:FFF0). Bits of CR4 and EFER that CPUID does not offer are left out. */
@external('start', 'state') export declare function state(source: usize): bool

/** `attributes`: bits 0–7 are the descriptor's byte 5, bits 8–11 its byte 6 bits 4–7 (AVL, L, D/B, G), as in a VMCB. */
@external('start', 'segment') export declare function segment(segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void
