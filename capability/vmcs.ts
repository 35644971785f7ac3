/** The fields of a VMCS by their encodings, the bits of its controls, and the reasons of exits. SDM vol. 3, 25.6 to 25.8, appendixes B and C. */
export namespace Field {
  export const VirtualProcessor: u32 = 0x0000 // VPID
  export const GuestEsSelector: u32 = 0x0800 // and by 2: CS SS DS FS GS LDTR TR
  export const GuestLdtrSelector: u32 = 0x080C
  export const GuestTrSelector: u32 = 0x080E
  export const InterruptStatus: u32 = 0x0810
  export const HostEsSelector: u32 = 0x0C00
  export const HostCsSelector: u32 = 0x0C02
  export const HostSsSelector: u32 = 0x0C04
  export const HostDsSelector: u32 = 0x0C06
  export const HostFsSelector: u32 = 0x0C08
  export const HostGsSelector: u32 = 0x0C0A
  export const HostTrSelector: u32 = 0x0C0C

  export const PortMapA: u32 = 0x2000
  export const PortMapB: u32 = 0x2002
  export const MsrMap: u32 = 0x2004
  export const TscOffset: u32 = 0x2010
  export const VirtualApic: u32 = 0x2012
  export const ApicAccess: u32 = 0x2014
  export const EptPointer: u32 = 0x201A
  export const EoiExits0: u32 = 0x201C // and by 2: 1 2 3
  export const XssExiting: u32 = 0x202C
  export const GuestPhysicalAddress: u32 = 0x2400
  export const LinkPointer: u32 = 0x2800
  export const GuestDebugControl: u32 = 0x2802
  export const GuestPat: u32 = 0x2804
  export const GuestEfer: u32 = 0x2806
  export const GuestPdpte0: u32 = 0x280A // and by 2: 1 2 3
  export const HostPat: u32 = 0x2C00
  export const HostEfer: u32 = 0x2C02

  export const PinControls: u32 = 0x4000
  export const PrimaryControls: u32 = 0x4002
  export const ExceptionBitmap: u32 = 0x4004
  export const PageFaultMask: u32 = 0x4006
  export const PageFaultMatch: u32 = 0x4008
  export const Cr3TargetCount: u32 = 0x400A
  export const ExitControls: u32 = 0x400C
  export const ExitMsrStoreCount: u32 = 0x400E
  export const ExitMsrLoadCount: u32 = 0x4010
  export const EntryControls: u32 = 0x4012
  export const EntryMsrLoadCount: u32 = 0x4014
  export const EntryInterruptInformation: u32 = 0x4016
  export const EntryErrorCode: u32 = 0x4018
  export const TprThreshold: u32 = 0x401C
  export const SecondaryControls: u32 = 0x401E
  export const PauseLoopGap: u32 = 0x4020
  export const PauseLoopWindow: u32 = 0x4022
  export const InstructionError: u32 = 0x4400
  export const ExitReason: u32 = 0x4402
  export const ExitInterruptInformation: u32 = 0x4404
  export const ExitErrorCode: u32 = 0x4406
  export const VectoringInformation: u32 = 0x4408
  export const VectoringErrorCode: u32 = 0x440A
  export const ExitInstructionLength: u32 = 0x440C
  export const GuestEsLimit: u32 = 0x4800 // and by 2: CS SS DS FS GS LDTR TR GDTR IDTR
  export const GuestLdtrLimit: u32 = 0x480C
  export const GuestGdtrLimit: u32 = 0x4810
  export const GuestEsAccessRights: u32 = 0x4814 // and by 2: CS SS DS FS GS LDTR TR
  export const GuestCsAccessRights: u32 = 0x4816
  export const GuestSsAccessRights: u32 = 0x4818
  export const GuestTrAccessRights: u32 = 0x4822
  export const Interruptibility: u32 = 0x4824
  export const Activity: u32 = 0x4826
  export const GuestSysenterCs: u32 = 0x482A
  export const HostSysenterCs: u32 = 0x4C00

  export const Cr0Mask: u32 = 0x6000
  export const Cr4Mask: u32 = 0x6002
  export const Cr0Shadow: u32 = 0x6004
  export const Cr4Shadow: u32 = 0x6006
  export const ExitQualification: u32 = 0x6400
  export const GuestCr0: u32 = 0x6800
  export const GuestCr3: u32 = 0x6802
  export const GuestCr4: u32 = 0x6804
  export const GuestEsBase: u32 = 0x6806 // and by 2: CS SS DS FS GS LDTR TR GDTR IDTR
  export const GuestLdtrBase: u32 = 0x6812
  export const GuestTrBase: u32 = 0x6814
  export const GuestGdtrBase: u32 = 0x6816
  export const GuestDr7: u32 = 0x681A
  export const GuestRsp: u32 = 0x681C
  export const GuestRip: u32 = 0x681E
  export const GuestRflags: u32 = 0x6820
  export const GuestPendingDebug: u32 = 0x6822
  export const GuestSysenterEsp: u32 = 0x6824
  export const GuestSysenterEip: u32 = 0x6826
  export const HostCr0: u32 = 0x6C00
  export const HostCr3: u32 = 0x6C02
  export const HostCr4: u32 = 0x6C04
  export const HostFsBase: u32 = 0x6C06
  export const HostGsBase: u32 = 0x6C08
  export const HostTrBase: u32 = 0x6C0A
  export const HostGdtrBase: u32 = 0x6C0C
  export const HostIdtrBase: u32 = 0x6C0E
  export const HostSysenterEsp: u32 = 0x6C10
  export const HostSysenterEip: u32 = 0x6C12
  export const HostRip: u32 = 0x6C16
}

/** Segments in the order of their fields. */
export namespace Segment {
  export const Cs: u32 = 1
  export const Ss: u32 = 2
  export const Ldtr: u32 = 6
  export const Tr: u32 = 7
  export const Gdtr: u32 = 8
  export const Idtr: u32 = 9
}

/** Primary processor-based VM-execution controls. Table 25-6. */
export namespace ProcessorBased {
  export const InterruptWindowExiting: u32 = 1 << 2
  export const InvlpgExiting: u32 = 1 << 9
  export const Cr3LoadExiting: u32 = 1 << 15
  export const Cr3StoreExiting: u32 = 1 << 16
  export const Cr8LoadExiting: u32 = 1 << 19
  export const Cr8StoreExiting: u32 = 1 << 20
  export const UseTprShadow: u32 = 1 << 21
  export const NmiWindowExiting: u32 = 1 << 22
  export const PauseExiting: u32 = 1 << 30
}

/** Secondary processor-based VM-execution controls. Table 25-7. */
export namespace Secondary {
  export const VirtualizeApicAccesses: u32 = 1 << 0
  export const EnableRdtscp: u32 = 1 << 3 // and RDPID
  export const VirtualizeX2ApicMode: u32 = 1 << 4
  export const EnableVpid: u32 = 1 << 5
  export const WbinvdExiting: u32 = 1 << 6
  export const ApicRegisterVirtualization: u32 = 1 << 8
  export const VirtualInterruptDelivery: u32 = 1 << 9
  export const PauseLoopExiting: u32 = 1 << 10
  export const EnableInvpcid: u32 = 1 << 12
  export const EnableXsaves: u32 = 1 << 20
  export const EnableUserWait: u32 = 1 << 26 // UMONITOR, UMWAIT and TPAUSE
}

/** VM-entry controls. Table 25-15. */
export namespace EntryControl {
  export const Ia32eModeGuest: u32 = 1 << 9
}

/** Basic exit reasons. Appendix C. */
export namespace Reason {
  export const ExceptionOrNmi: u32 = 0
  export const ExternalInterrupt: u32 = 1
  export const TripleFault: u32 = 2
  export const OtherSmi: u32 = 6
  export const InterruptWindow: u32 = 7
  export const NmiWindow: u32 = 8
  export const TaskSwitch: u32 = 9
  export const Cpuid: u32 = 10
  export const Getsec: u32 = 11
  export const Hlt: u32 = 12
  export const Invd: u32 = 13
  export const Rdpmc: u32 = 15
  export const Vmcall: u32 = 18
  export const Vmclear: u32 = 19
  export const Vmxon: u32 = 27
  export const ControlRegister: u32 = 28
  export const Port: u32 = 30
  export const MsrRead: u32 = 31
  export const MsrWrite: u32 = 32
  export const Mwait: u32 = 36
  export const Monitor: u32 = 39
  export const Pause: u32 = 40
  export const TprBelowThreshold: u32 = 43
  export const ApicAccess: u32 = 44
  export const EndOfInterrupt: u32 = 45
  export const EptViolation: u32 = 48
  export const Invept: u32 = 50
  export const Invvpid: u32 = 53
  export const Wbinvd: u32 = 54
  export const Xsetbv: u32 = 55
  export const ApicWrite: u32 = 56
}
