/** Memory type range registers, kept for the guest to read back: RAM is write-back whatever they say, as nested paging decides. SDM vol. 3, 12.11.2. */
import { ConfigNumber, number } from '../../capability/config'
import { ConfigurationLimit } from '../../capability/configuration'
import { Msr } from '../../capability/msr'

const VariableRanges: u32 = 8
// Fixed ranges in order: one of 64K, two of 16K, eight of 4K.
const FixedRanges: u32 = 11
const Slots: u32 = 1 + FixedRanges + 2 * VariableRanges
const DefaultSlot: u32 = 0
/** IA32_MTRRCAP: fixed ranges and write-combining. */
@inline export const Capability: u64 = VariableRanges | 1 << 8 | 1 << 10
/** Enabled, write-back, as a BIOS leaves it. */
@inline const AtPowerOn: u64 = 0xC06

const kept: usize = memory.data(32 * 28 * 8, 8)

/** As after power-on. */
export function reset(): void {
  memory.fill(kept, 0, ConfigurationLimit.Vcpus * Slots << 3)
  for (let vcpu: u32 = 0; vcpu < ConfigurationLimit.Vcpus; vcpu++) store<u64>(placeOf(vcpu, Msr.MtrrDefault), AtPowerOn)
}

@inline function placeOf(vcpu: u32, index: u32): usize { return kept + (vcpu * Slots + slotOf(index) << 3) }

/** Place of an MSR among a vCPU's MTRRs, or -1. */
function slotOf(index: u32): i32 {
  if (index == Msr.MtrrDefault) return DefaultSlot
  if (index == Msr.MtrrFixed64) return 1
  if (index - Msr.MtrrFixed16 < 2) return 2 + index - Msr.MtrrFixed16
  if (index - Msr.MtrrFixed4 < 8) return 4 + index - Msr.MtrrFixed4
  if (index - Msr.MtrrVariable < 2 * VariableRanges) return 1 + FixedRanges + index - Msr.MtrrVariable
  return -1
}

export function isMtrr(index: u32): bool { return slotOf(index) >= 0 }

/** What was written to one. */
export function read(vcpu: u32, index: u32): u64 { return load<u64>(placeOf(vcpu, index)) }

/** False where a processor refuses the value. */
export function write(vcpu: u32, index: u32, value: u64): bool {
  if (!isValid(index, value)) return false
  store<u64>(placeOf(vcpu, index), value)
  return true
}

function isMemoryType(type: u32): bool { return type <= 6 && type != 2 && type != 3 }

function isValid(index: u32, value: u64): bool {
  if (index == Msr.MtrrDefault) return (value & ~<u64>0xC07) == 0 && isMemoryType(<u32>value & 0xFF)
  if (index >= Msr.MtrrFixed64) {
    for (let shift: u64 = 0; shift < 64; shift += 8) if (!isMemoryType(<u32>(value >> shift) & 0xFF)) return false
    return true
  }
  const isMask = (index & 1) != 0
  const reserved = ~(((<u64>1) << number(ConfigNumber.PhysicalWidth)) - 1) | (isMask ? 0x7FF : 0xF00)
  return (value & reserved) == 0 && (isMask || isMemoryType(<u32>value & 0xFF))
}
