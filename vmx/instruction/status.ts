/** What `emulate` answers. */
export namespace EmulateStatus {
  export const Done: i32 = 0 // registers, memory and RIP are as after the instruction
  export const Again: i32 = 1 // a repeated string instruction has more to do: RIP stays on it, so that interrupts can be taken between
  export const Fault: i32 = 2 // the guest takes the exception in vmx/guest/fault.ts; RIP stays
  export const Unsupported: i32 = 3 // nothing was changed
}
