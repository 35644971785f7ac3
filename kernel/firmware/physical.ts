/** How far physical memory is mapped while the firmware's tables are read: what they point at is not to be believed. */
let reach: u64 = 0x1_0000_0000

/** Says that physical memory is mapped from 0 to `top`. */
export function setReach(top: u64): void { reach = top }

/** True where all `bytes` from `hpa` on are mapped. */
export function isReachable(hpa: u64, bytes: u64): bool { return hpa <= reach && bytes <= reach - hpa }

/** What boot/entry.asm maps, whether RAM is there or not. */
@inline const BootMapEnd: u64 = 0x1_0000_0000

/** True where a device's registers can be reached: below 4 GiB they are, wherever RAM ends. */
export function isRegisterReachable(hpa: u64, bytes: u64): bool { return isReachable(hpa, bytes) || hpa <= BootMapEnd - bytes }
