/** The registers by which the DSDT's methods learn which processors come and go: this board's own, 16 bytes from `Port.Processors` on. */

/** Offsets. The first three have a bit for each processor, by its number. */
export namespace Register {
  export const Present: u32 = 0x0 // 4 bytes, read-only
  export const Inserted: u32 = 0x4 // 4 bytes: have come since the guest last looked; ones clear
  export const Asked: u32 = 0x8 // 4 bytes: the administrator wants them back, and the guest has not looked yet; ones clear
  export const Eject: u32 = 0xc // written: the number of one that the guest has done with
  // What _OST was told, the status last: writing it reports all three.
  export const Reporter: u32 = 0xd // number of the processor
  export const Event: u32 = 0xe
  export const Status: u32 = 0xf
}

/** What a processor's device is notified of, and _OST's source events. ACPI 6.5, 5.6.6 and 6.3.5. */
export namespace Notification {
  export const DeviceCheck: u32 = 1
  export const EjectRequest: u32 = 3
}

/** Status codes of _OST. ACPI 6.5, 6.3.5, the tables of status codes: general, ejection, insertion. */
export namespace OstStatus {
  export const Success: u32 = 0x00
  export const InsertionInProgress: u32 = 0x80
  export const EjectionInProgress: u32 = 0x84
}
