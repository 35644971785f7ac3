/** Bits of a VMCB's fields (capability/vmcb.ts). APM vol. 2, appendix B. */

/** Segments by their place in the save area. */
export namespace SaveSegment {
  export const Cs: u32 = 1
  export const Ss: u32 = 2
  export const Gdtr: u32 = 6
  export const Ldtr: u32 = 7
  export const Idtr: u32 = 8
  export const Tr: u32 = 9
}

/** Intercepts of `intercept1`, 00Ch. */
export namespace Intercept1 {
  export const Intr: u32 = 1 << 0
  export const Nmi: u32 = 1 << 1
  export const Smi: u32 = 1 << 2
  export const Init: u32 = 1 << 3
  export const Vintr: u32 = 1 << 4
  export const Rdpmc: u32 = 1 << 15
  export const Cpuid: u32 = 1 << 18
  export const Iret: u32 = 1 << 20
  export const Invd: u32 = 1 << 22
  export const Pause: u32 = 1 << 23
  export const Hlt: u32 = 1 << 24
  export const Invlpga: u32 = 1 << 26
  export const IoPermission: u32 = 1 << 27
  export const MsrPermission: u32 = 1 << 28
  export const FerrFreeze: u32 = 1 << 30
  export const Shutdown: u32 = 1 << 31
}

/** Intercepts of `intercept2`, 010h. */
export namespace Intercept2 {
  export const Vmrun: u32 = 1 << 0
  export const Vmmcall: u32 = 1 << 1
  export const Vmload: u32 = 1 << 2
  export const Vmsave: u32 = 1 << 3
  export const Stgi: u32 = 1 << 4
  export const Clgi: u32 = 1 << 5
  export const Skinit: u32 = 1 << 6
  export const Wbinvd: u32 = 1 << 9
  export const Monitor: u32 = 1 << 10
  export const Mwait: u32 = 1 << 11
  export const MwaitArmed: u32 = 1 << 12
  export const Xsetbv: u32 = 1 << 13
  export const Rdpru: u32 = 1 << 14
}

/** Clean bits, 0C0h: what the hardware may keep from the last run. 15.15.3. */
export namespace Clean {
  export const Intercepts: u64 = 1 << 0
  export const Asid: u64 = 1 << 2
  export const Tpr: u64 = 1 << 3
  export const NestedPaging: u64 = 1 << 4
  export const ControlRegisters: u64 = 1 << 5
  export const DebugRegisters: u64 = 1 << 6
  export const DescriptorTables: u64 = 1 << 7
  export const Segments: u64 = 1 << 8
  export const Cr2: u64 = 1 << 9
  export const All: u64 = 0x3FF
}
