/** HPET registers. IA-PC HPET specification 1.0a, 2.3. */

/** Offsets of the 64-bit registers in the block. */
export namespace Register {
  export const Capabilities: u32 = 0x000
  export const Configuration: u32 = 0x010
  export const InterruptStatus: u32 = 0x020
  export const Counter: u32 = 0x0f0
  export const Timers: u32 = 0x100 // 20h for each
  export const TimerConfiguration: u32 = 0x00
  export const TimerComparator: u32 = 0x08
}

/** General configuration register. */
export namespace Configuration {
  export const Enable: u32 = 1 << 0 // ENABLE_CNF
  export const LegacyReplacement: u32 = 1 << 1 // LEG_RT_CNF
}

/** Timer configuration and capability register, low half; the high half is the set of I/O APIC inputs it can be routed to. */
export namespace TimerConfiguration {
  export const Level: u32 = 1 << 1 // INT_TYPE_CNF
  export const InterruptEnable: u32 = 1 << 2 // INT_ENB_CNF
  export const Periodic: u32 = 1 << 3 // TYPE_CNF
  export const PeriodicCapable: u32 = 1 << 4 // PER_INT_CAP
  export const Size64: u32 = 1 << 5 // SIZE_CAP
  export const SetValue: u32 = 1 << 6 // VAL_SET_CNF
  export const Mode32: u32 = 1 << 8 // 32MODE_CNF
  export const Route: u32 = 0x1f << 9 // INT_ROUTE_CNF
  export const RouteShift: u32 = 9
  export const Writable: u32 = Level | InterruptEnable | Periodic | SetValue | Mode32
}
