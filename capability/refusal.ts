/** A vCPU that the hardware refused to run, granted to the sandbox that finds out why (services/refusal). */

/** Bytes of what it finds: ASCII in words, zeros behind it. */
export const RefusalBytes: u32 = 256

/** Keys of `number`. */
export namespace RefusalNumber {
  export const Vendor: u32 = 0 // whose hardware it is, a Vendor of virtualization.ts
  export const Error: u32 = 1 // on VT-x the VM-instruction error, 0 where the entry ended in an exit, RefusalError.NoVmcs
  export const PhysicalWidth: u32 = 2 // bits of a physical address
  export const Features: u32 = 0x100 // + index of a 64-bit word of what the CPU offers, in virtualization.ts's order
}

/** VMfailInvalid, which has no number. SDM vol. 3, 31.2. */
export namespace RefusalError {
  export const NoVmcs: u32 = u32.MAX_VALUE
}

@external('refusal', 'number') export declare function number(key: u32): u64

/** A field of its VMCS by the encoding in vmcs.ts, or 64 bits of its VMCB at an offset in vmcb.ts. */
@external('refusal', 'field') export declare function field(key: u32): u64
