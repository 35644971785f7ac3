/** The state in which the boot processor starts, set by the machine's loader before it reports that it is ready. */

/** Registers of `register`; general ones in the order of their encoding. */
export namespace StartRegister {
  export const Rax: u32 = 0
  export const Rcx: u32 = 1
  export const Rdx: u32 = 2
  export const Rbx: u32 = 3
  export const Rsp: u32 = 4
  export const Rbp: u32 = 5
  export const Rsi: u32 = 6
  export const Rdi: u32 = 7
  export const R8: u32 = 8 // … R15 = 15
  export const Rip: u32 = 16
  export const Rflags: u32 = 17
  export const Cr0: u32 = 18
  export const Cr3: u32 = 19
  export const Cr4: u32 = 20
  export const Efer: u32 = 21
  export const GdtrBase: u32 = 22
  export const GdtrLimit: u32 = 23
  export const IdtrBase: u32 = 24
  export const IdtrLimit: u32 = 25
}

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

/** What is not set keeps its value at reset (real mode, CS:IP F000:FFF0). */
@external('start', 'register') export declare function register(register: u32, value: u64): void

/** `attributes`: bits 0–7 are the descriptor's byte 5, bits 8–11 its byte 6 bits 4–7 (AVL, L, D/B, G), as in a VMCB. */
@external('start', 'segment') export declare function segment(segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void
