/** Which physical addresses the nucleus may read and write while what is told of them is not to be believed. */
import { isRam } from './memorymap'

/** What boot/entry.asm maps, whether RAM is there or not. */
@inline export const MappedEnd: u64 = 0x1_0000_0000

/** How far physical memory is mapped while the firmware's tables are read: what they point at is not to be believed. */
let reach = MappedEnd

/** Says that physical memory is mapped from 0 to `top`. */
export function setReach(top: u64): void { reach = top }

/** True where all `bytes` from `hpa` on are mapped. */
export function isReachable(hpa: u64, bytes: u64): bool { return hpa <= reach && bytes <= reach - hpa }

/** True where registers of a device may lie: in what is mapped, which everything below 4 GiB is, wherever RAM ends; and not in RAM. */
export function isDevice(hpa: u64, bytes: u64): bool { return (isReachable(hpa, bytes) || bytes <= MappedEnd && hpa <= MappedEnd - bytes) && !isRam(hpa, bytes) }
