/** Generic Address Structures. ACPI 6.5, 5.2.3.2. */
import { put64, put8, zeros } from './buffer'

/** Address space ids. */
export namespace AddressSpaceId {
  export const SystemMemory: u32 = 0
  export const SystemIo: u32 = 1
}

/** Access sizes. */
export namespace AccessSize {
  export const Undefined: u32 = 0
  export const Byte: u32 = 1
  export const Word: u32 = 2
  export const Dword: u32 = 3
}

const GENERIC_ADDRESS_BYTES: u32 = 12

/** A register of `bits` at `address`. */
export function genericAddress(space: u32, bits: u32, access: u32, address: u64): void {
  put8(space)
  put8(bits)
  put8(0) // bit offset
  put8(access)
  put64(address)
}

/** A register that is not there. */
export function noAddress(): void { zeros(GENERIC_ADDRESS_BYTES) }
