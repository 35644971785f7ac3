/** Numbers of MSRs: those that the nucleus answers, and those that a guest only reads back, which are its machine's. SDM vol. 4, table 2-2; APM vol. 2, appendix A. */
export namespace Msr {
  export const Tsc: u32 = 0x10
  export const ApicBase: u32 = 0x1B
  export const TscAdjust: u32 = 0x3B
  export const PatchLevel: u32 = 0x8B
  export const UserWait: u32 = 0xE1 // IA32_UMWAIT_CONTROL
  export const MtrrCapability: u32 = 0xFE
  export const MachineCheckCapability: u32 = 0x179
  export const MachineCheckStatus: u32 = 0x17A
  export const MiscEnable: u32 = 0x1A0
  export const DebugControl: u32 = 0x1D9
  export const MtrrVariable: u32 = 0x200 // base and mask, eight times
  export const MtrrFixed64: u32 = 0x250
  export const MtrrFixed16: u32 = 0x258
  export const MtrrFixed4: u32 = 0x268
  export const Pat: u32 = 0x277
  export const MtrrDefault: u32 = 0x2FF
  export const TscDeadline: u32 = 0x6E0
  export const X2Apic: u32 = 0x800
  export const SupervisorState: u32 = 0xDA0 // IA32_XSS
  export const Efer: u32 = 0xC000_0080
  export const TscAux: u32 = 0xC000_0103
  export const SystemConfiguration: u32 = 0xC001_0010
  export const HardwareConfiguration: u32 = 0xC001_0015
  export const NorthbridgeConfiguration: u32 = 0xC001_001F
  export const VmCr: u32 = 0xC001_0114
  export const DecodeConfiguration: u32 = 0xC001_1029
}
