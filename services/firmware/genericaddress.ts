/** The generic address structure. ACPI specification 6.5, 5.2.3.2. */
import { isDevice, Register, RegisterSpace } from '../../capability/firmware'
import { load8, load64 } from './physical'

/** Address spaces that a register can be used in. */
export namespace AddressSpace {
  export const Memory: u32 = 0
  export const Port: u32 = 1
}

/** Bytes of the structure in a table. */
export const GenericAddressBytes: u64 = 12

/** Reads the structure at `hpa`; true when it names a register, which is None all the same where that cannot be used. */
export function readGenericAddress(register: Register, hpa: u64): bool {
  const address = load64(hpa + 4)
  setRegister(register, load8(hpa), address, load8(hpa + 1))
  return address != 0
}

/** A register that can be used: memory of a device, or a port below 10000h. Port 0 is how ACPI 1.0 says that there is none. */
export function setRegister(register: Register, space: u32, address: u64, bits: u32): void {
  register.address = address
  register.bits = bits
  register.space = RegisterSpace.None
  if (space == AddressSpace.Port && address != 0 && address < 0x1_0000) register.space = RegisterSpace.Port
  if (space == AddressSpace.Memory && isDevice(address, 8)) register.space = RegisterSpace.Memory
}
