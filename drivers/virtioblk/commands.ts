/** Requests as the device reads them. VIRTIO 1.2, 5.2.6. */

/** The first segment: type, reserved, sector of 512 bytes. */
export const HeaderBytes: u32 = 16
export namespace RequestType {
  export const In: u32 = 0
  export const Out: u32 = 1
  export const Flush: u32 = 4
  export const GetId: u32 = 8
  export const Discard: u32 = 11
  export const WriteZeroes: u32 = 13
}

/** A segment of Discard and Write Zeroes: sector, sectors, flags; one of the latter may deallocate. */
export const RangeBytes: u32 = 16
export const Unmap: u32 = 1

/** What Get Id answers: ASCII, which ends with a zero where it is shorter. */
export const IdBytes: u32 = 20

/** The last segment, a byte. */
export namespace RequestStatus {
  export const Ok: u32 = 0
  export const Unsupported: u32 = 2
  export const None: u32 = 0xff // it has not been written
}
