/** From the memory map to a working frame allocator, page tables that protect, and a direct map of all RAM. */
import * as hw from '../hw'
import { bootModule, bootModuleCount } from '../firmware/bootinformation'
import { nextUsable, usableBase, usableEnd, usableTop } from '../firmware/memorymap'
import { MappedEnd, setReach } from '../firmware/physical'
import { BytesPerBlock, Frame, HeaderBytes } from './block'
import { addRange, initialize, reserve, tableBytes } from './frames'
import { FrameTableBase, ImageBase, NucleusLinear, WindowBase } from './layout'
import { Owner } from '../../capability/owner'
import { mapDirect, mapPage, protect, setEarlyFrames, Write } from './paging'

@inline const LowEnd: u64 = 0x10_0000 // the firmware's, and where application processors start
const PageBytes: u64 = 4096
/** RAM above this, 1.4 TiB, is not used: its table would reach into the window that lies behind it. */
@inline const TopLimit: u64 = <u64>((WindowBase - FrameTableBase - HeaderBytes) / BytesPerBlock) << Frame.LargeShift

/** The end of whatever boot object overlaps [base, base + bytes); 0 when none does. */
function obstacle(base: u64, bytes: u64): u64 {
  const imageEnd = hw.imageAddress(hw.ImageAddress.End) - ImageBase
  if (base < imageEnd) return imageEnd
  for (let i: u32 = 0; i < bootModuleCount(); i++) {
    const module = bootModule(i)
    if (base < module.end && module.base < base + bytes) return module.end
  }
  return 0
}

/** `bytes` of RAM below 4 GiB that hold nothing yet; 0 when there are none. */
function findSpace(bytes: u64): u64 {
  for (let from: u64 = 0; nextUsable(from); from = usableEnd) {
    let base = usableBase
    while (base + bytes <= min(usableEnd, MappedEnd)) {
      const past = obstacle(base, bytes)
      if (past == 0) return base
      base = (past + PageBytes - 1) & ~(PageBytes - 1)
    }
  }
  return 0
}

/** Sets all of it up. False when the machine's memory map leaves no room. */
export function bringUpMemory(): bool {
  const top = min(usableTop(), TopLimit)
  const table = (tableBytes(top) + PageBytes - 1) & ~(PageBytes - 1)
  // Page tables for the frame table itself: one frame for each 2 MiB, one directory, and one for a table begun midway.
  const bytes = table + (table / 0x20_0000 + 4) * PageBytes
  const early = findSpace(bytes)
  if (early == 0) return false
  setEarlyFrames(early + table)
  for (let offset: u64 = 0; offset < table; offset += PageBytes) {
    mapPage(NucleusLinear + FrameTableBase + offset, early + offset, Write, Owner.Nucleus)
  }
  setEarlyFrames(0)
  initialize(FrameTableBase, top)
  for (let from: u64 = 0; nextUsable(from); from = usableEnd) addRange(usableBase, usableEnd - usableBase)
  const imageStart = hw.imageAddress(hw.ImageAddress.Start) - ImageBase
  reserve(0, LowEnd, Owner.Firmware)
  reserve(imageStart, hw.imageAddress(hw.ImageAddress.End) - ImageBase - imageStart, Owner.Nucleus)
  reserve(early, bytes, Owner.Nucleus)
  for (let i: u32 = 0; i < bootModuleCount(); i++) reserve(bootModule(i).base, bootModule(i).end - bootModule(i).base, Owner.BootModules)
  if (!protect()) return false
  if (!mapDirect(0, top)) return false
  setReach(max(top, MappedEnd))
  return true
}
