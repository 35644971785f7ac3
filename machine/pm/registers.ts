/** ACPI fixed hardware registers. ACPI 6.5, 4.8.3. */

/** PM1 status and enable, bits in the same places. */
export namespace Event {
  export const Timer: u32 = 1 << 0 // TMR_STS, TMR_EN
  export const BusMaster: u32 = 1 << 4 // BM_STS
  export const Global: u32 = 1 << 5 // GBL_STS, GBL_EN
  export const PowerButton: u32 = 1 << 8 // PWRBTN_STS, PWRBTN_EN
  export const Rtc: u32 = 1 << 10 // RTC_EN; RTC_STS would tell what woke the board, and it never sleeps
  export const Enables: u32 = Timer | Global | PowerButton | Rtc
}

/** PM1 control. */
export namespace Control {
  export const SciEnable: u32 = 1 << 0 // always set: there is no firmware to hand over from
  export const BusMasterReload: u32 = 1 << 1
  export const SleepTypeShift: u32 = 10
  export const SleepType: u32 = 7 << 10
  export const SleepEnable: u32 = 1 << 13 // write only
  export const Writable: u32 = BusMasterReload | SleepType
}

/** The power management timer. ACPI 6.5, 4.8.3.3. */
export namespace PmTimer {
  export const Frequency: u64 = 3_579_545
}
