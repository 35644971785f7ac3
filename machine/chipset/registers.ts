/** Reset and A20 registers of the south bridge. Intel ICH9 data sheet, 13.7. */

/** System control port A, 92h. */
export namespace SystemControlA {
  export const InitNow: u32 = 1 << 0 // INIT_NOW, fast reset
  export const A20: u32 = 1 << 1 // ALT_A20_GATE
}

/** Reset control register, CF9h. */
export namespace ResetControl {
  export const SystemReset: u32 = 1 << 1 // SYS_RST
  export const ResetCpu: u32 = 1 << 2 // RST_CPU: its rising edge resets
  export const FullReset: u32 = 1 << 3 // FULL_RST
  export const Writable: u32 = SystemReset | ResetCpu | FullReset
}
