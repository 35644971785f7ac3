/** What addresses can be. */
import { number, RefusalNumber } from '../../capability/refusal'

export function isBeyondPhysical(address: u64): bool { return address >> number(RefusalNumber.PhysicalWidth) != 0 }
export function isPhysical(address: u64, alignment: u64 = 1): bool { return (address & (alignment - 1)) == 0 && !isBeyondPhysical(address) }
export function isCanonical(address: u64): bool { return <u64>(<i64>address << 16 >> 16) == address }
