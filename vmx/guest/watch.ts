/** The guest's watchpoints, for what is carried out in its place. Intel SDM vol. 3, 18.2.4 and 18.2.5; AMD APM vol. 2, 13.1.1. */
import * as hw from '../../kernel/hw'

/** What a debug register waits for: DR7's R/W field. */
export namespace Watched {
  export const Write: u32 = 1
  export const Port: u32 = 2 // where CR4.DE is set
  export const Access: u32 = 3
}

let control: u64 = 0
let met: u64 = 0

/** Begins an instruction of a guest with this DR7. */
export function arm(dr7: u64): void {
  control = (dr7 & 0xFF) != 0 ? dr7 : 0
  met = 0
}

/** True where there is something to watch for. */
@inline export function isArmed(): bool { return control != 0 }

/** B0–B3 of DR6 as the instruction has met them. */
@inline export function conditions(): u64 { return met }

/** Notes an access of `size` bytes. DR0 to DR3 hold the guest's values until another vCPU runs. */
export function note(address: u64, size: u32, kind: u32): void {
  for (let index: u64 = 0; index < 4; index++) {
    if ((control >> (index << 1) & 3) == 0) continue
    const wanted = <u32>(control >> (16 + (index << 2)) & 3)
    if (wanted != kind && (wanted != Watched.Access || kind == Watched.Port)) continue
    const code = <u32>(control >> (18 + (index << 2)) & 3)
    const length: u64 = code == 2 ? 8 : code + 1
    const from = breakpoint(<u32>index) & ~(length - 1)
    if (address < from + length && from < address + size) met |= <u64>1 << index
  }
}

function breakpoint(index: u32): u64 {
  switch (index) {
    case 0: return hw.readDr0()
    case 1: return hw.readDr1()
    case 2: return hw.readDr2()
  }
  return hw.readDr3()
}
