/** The generic address structure. ACPI specification 6.5, 5.2.3.2. */
import * as hw from '../hw'
import { isRegisterReachable } from './physical'

/** Address spaces that the nucleus can reach. */
export namespace AddressSpace {
  export const Memory: u32 = 0
  export const Port: u32 = 1
  export const None: u32 = 0xFF
}

/** Bytes of the structure in a table. */
export const GenericAddressBytes: u64 = 12

/** A register somewhere; `space` None when there is none. */
@unmanaged export class Register {
  address: u64 // 00h
  space: u32 //   08h  AddressSpace
  bits: u32 //    0Ch  width
}

/** Reads a structure of a table; false when the register is absent. */
export function readGenericAddress(register: Register, hpa: u64): bool {
  register.space = hw.load8(hpa)
  register.bits = hw.load8(hpa + 1)
  register.address = hw.load64(hpa + 4)
  if (register.address == 0) register.space = AddressSpace.None
  return register.space != AddressSpace.None
}

/** A register at an I/O port, as ACPI 1.0's fields give it; port 0 is none. */
export function setPort(register: Register, port: u32, bits: u32): void {
  register.space = port == 0 ? AddressSpace.None : AddressSpace.Port
  register.address = port
  register.bits = bits
}

/** True where the nucleus can use the register: memory that is mapped, or a port below 10000h. */
export function isUsable(register: Register): bool {
  return register.space == AddressSpace.Memory && isRegisterReachable(register.address, 8) || register.space == AddressSpace.Port && register.address < 0x1_0000
}
