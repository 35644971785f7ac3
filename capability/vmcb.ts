/** The VM control block, control area and state save area, the bits of its fields, and the codes of exits. APM vol. 2, appendixes B (tables B-1 and B-2) and C. */
@unmanaged export class Vmcb {
  interceptCr: u32 //         000h  reads in the low half, writes in the high
  interceptDr: u32 //         004h
  interceptException: u32 //  008h
  intercept1: u32 //          00Ch
  intercept2: u32 //          010h
  intercept3: u32 //          014h
  reserved0: u64 //           018h
  reserved1: u64
  reserved2: u64
  reserved3: u64
  reserved4: u32 //           038h
  pauseFilterThreshold: u16 //03Ch
  pauseFilterCount: u16 //    03Eh
  iopmBase: u64 //            040h
  msrpmBase: u64 //           048h
  tscOffset: u64 //           050h
  asid: u32 //                058h
  tlbControl: u32 //          05Ch
  virtualTpr: u8 //           060h
  virtualIrq: u8 //           061h  bit 0 V_IRQ, bit 1 VGIF
  virtualPriority: u8 //      062h  bits 3:0 V_INTR_PRIO, bit 4 V_IGN_TPR
  virtualMasking: u8 //       063h  bit 0 V_INTR_MASKING
  virtualVector: u32 //       064h
  interruptShadow: u64 //     068h
  exitCode: u64 //            070h
  exitInfo1: u64 //           078h
  exitInfo2: u64 //           080h
  exitIntInfo: u64 //         088h
  nestedPaging: u64 //        090h
  avicBar: u64 //             098h
  ghcb: u64 //                0A0h
  eventInjection: u64 //      0A8h
  nestedCr3: u64 //           0B0h
  lbrVirtualization: u64 //   0B8h
  clean: u64 //               0C0h
  nextRip: u64 //             0C8h
  fetchedCount: u8 //         0D0h
  fetched0: u8 //             0D1h  15 bytes

  @inline get save(): SaveArea { return changetype<SaveArea>(changetype<usize>(this) + 0x400) }
}

/** A segment register as the VMCB holds it. */
@unmanaged export class SegmentState {
  selector: u16 //   0h
  attributes: u16 // 2h  descriptor bits 55:52 and 47:40
  limit: u32 //      4h
  base: u64 //       8h
}

/** From 400h of the VMCB. */
@unmanaged export class SaveArea {
  es: u64 //            000h  ten SegmentStates: ES CS SS DS FS GS GDTR LDTR IDTR TR
  esBase: u64
  cs: u64
  csBase: u64 //        018h
  ss: u64
  ssBase: u64
  ds: u64
  dsBase: u64
  fs: u64
  fsBase: u64
  gs: u64
  gsBase: u64
  gdtr: u64
  gdtrBase: u64
  ldtr: u64
  ldtrBase: u64
  idtr: u64
  idtrBase: u64
  tr: u64
  trBase: u64 //        098h
  reserved0: u64 //     0A0h
  reserved1: u64
  reserved2: u64
  reserved3: u64
  reserved4: u64
  reserved5: u16 //     0C8h
  reserved6: u8
  cpl: u8 //            0CBh
  reserved7: u32
  efer: u64 //          0D0h
  gap0: u64 //          0D8h
  gap1: u64
  gap2: u64
  gap3: u64
  gap4: u64
  gap5: u64
  gap6: u64
  gap7: u64
  gap8: u64
  gap9: u64
  gap10: u64
  gap11: u64
  gap12: u64
  gap13: u64
  cr4: u64 //           148h
  cr3: u64 //           150h
  cr0: u64 //           158h
  dr7: u64 //           160h
  dr6: u64 //           168h
  rflags: u64 //        170h
  rip: u64 //           178h
  hole0: u64 //         180h
  hole1: u64
  hole2: u64
  hole3: u64
  hole4: u64
  hole5: u64
  hole6: u64
  hole7: u64
  hole8: u64
  hole9: u64
  hole10: u64
  rsp: u64 //           1D8h
  sCet: u64 //          1E0h
  ssp: u64
  isstAddress: u64
  rax: u64 //           1F8h
  star: u64 //          200h
  lstar: u64
  cstar: u64
  sfmask: u64
  kernelGsBase: u64 //  220h
  sysenterCs: u64
  sysenterEsp: u64
  sysenterEip: u64
  cr2: u64 //           240h
  blank0: u64
  blank1: u64
  blank2: u64
  blank3: u64
  pat: u64 //           268h
  debugControl: u64 //  270h

  @inline segment(index: u32): SegmentState { return changetype<SegmentState>(changetype<usize>(this) + (<usize>index << 4)) }
}

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

/** Exit codes. Appendix C. */
export namespace Code {
  export const Cr8Read: u32 = 0x08
  export const Cr0Write: u32 = 0x10
  export const Cr4Write: u32 = 0x14
  export const Cr8Write: u32 = 0x18
  export const Exception: u32 = 0x40
  export const Interrupt: u32 = 0x60
  export const Nmi: u32 = 0x61
  export const Smi: u32 = 0x62
  export const Init: u32 = 0x63
  export const VirtualInterrupt: u32 = 0x64
  export const Rdpmc: u32 = 0x6F
  export const Cpuid: u32 = 0x72
  export const Iret: u32 = 0x74
  export const Invd: u32 = 0x76
  export const Halt: u32 = 0x78
  export const Port: u32 = 0x7B
  export const Msr: u32 = 0x7C
  export const Pause: u32 = 0x77
  export const TaskSwitch: u32 = 0x7D
  export const FerrFreeze: u32 = 0x7E
  export const Shutdown: u32 = 0x7F
  export const Vmrun: u32 = 0x80
  export const Vmmcall: u32 = 0x81
  export const Wbinvd: u32 = 0x89
  export const Xsetbv: u32 = 0x8D
  export const NestedPageFault: u32 = 0x400
  export const Invalid: u32 = 0xFFFF_FFFF // -1; QEMU leaves the upper half zero
}
