/** What a VM's machine may ask of its own VM's power. `off` and `reset` take effect when the current call into the machine returns. */

/** How a guest asked for a reset; shown to the administrator. */
export namespace ResetCause {
  export const KeyboardController: u32 = 1
  export const ResetControlRegister: u32 = 2 // CF9h
  export const AcpiResetRegister: u32 = 3
  export const FastResetPort: u32 = 4 // port 92h
  export const Init: u32 = 5 // an INIT sent to the boot processor
}

@external('power', 'off') export declare function off(): void
@external('power', 'reset') export declare function reset(cause: u32): void

/**
 * A vCPU is there for the guest to start, or has been given up: it does nothing then, and INIT and startup interrupts are lost on it. At power-on the first
 * ConfigNumber.VcpuCount are there; the boot processor always is, and one beyond those that the administrator wants cannot come.
 */
@external('power', 'plug') export declare function plug(vcpu: u32, present: bool): void
