/** The FADT, the fixed ACPI hardware, and the FACS that it points to. ACPI 6.5, 5.2.9 and 5.2.10. */
import { AcpiFact, BlockLength, Line, Port } from '../addresses'
import { beginTable, finish, finishTable, put16, put32, put64, put8, reset, text, zeros } from './buffer'
import { AccessSize, AddressSpaceId, genericAddress, noAddress } from './genericAddress'

/** Revision 6.0: the first with a field for the hypervisor. */
const REVISION: u32 = 6
const MINOR_REVISION: u32 = 0
const PROFILE_ENTERPRISE_SERVER: u32 = 4

/** Latencies above these mean that C2 and C3 are not supported. 5.2.9, P_LVL2_LAT and P_LVL3_LAT. */
const NO_C2: u32 = 101
const NO_C3: u32 = 1001

/** IAPC_BOOT_ARCH. Table 5.11. */
namespace BootArchitecture {
  export const LegacyDevices: u32 = 1 << 0
  export const KeyboardController: u32 = 1 << 1
  export const VgaNotPresent: u32 = 1 << 2
  export const PcieAspmControls: u32 = 1 << 4
}

/** Fixed feature flags. Table 5.10. The power button is the fixed one because its flag is clear. */
namespace Feature {
  export const Wbinvd: u32 = 1 << 0
  export const ProcessorC1: u32 = 1 << 2
  export const NoSleepButton: u32 = 1 << 5
  export const NoFixedRtc: u32 = 1 << 6
  export const TimerIs32Bits: u32 = 1 << 8
  export const ResetRegister: u32 = 1 << 10
}

/** Writes the FADT at `gpa`; its length. */
export function writeFadt(gpa: u64, facs: u64, dsdt: u64): u32 {
  beginTable('FACP', REVISION)
  put32(<u32>facs)
  put32(<u32>dsdt)
  put8(0) // reserved, once INT_MODEL
  put8(PROFILE_ENTERPRISE_SERVER)
  put16(Line.Sci)
  put32(0) // SMI_CMD: none, the hardware is always in ACPI mode
  zeros(4) // ACPI_ENABLE, ACPI_DISABLE, S4BIOS_REQ, PSTATE_CNT
  put32(Port.Pm1aEvent)
  put32(0) // PM1b_EVT_BLK
  put32(Port.Pm1aControl)
  put32(0) // PM1b_CNT_BLK
  put32(0) // PM2_CNT_BLK
  put32(Port.PmTimer)
  put32(Port.Gpe0)
  put32(0) // GPE1_BLK
  put8(BlockLength.Pm1aEvent)
  put8(BlockLength.Pm1aControl)
  put8(0) // PM2_CNT_LEN
  put8(BlockLength.PmTimer)
  put8(BlockLength.Gpe0)
  zeros(3) // GPE1_BLK_LEN, GPE1_BASE, CST_CNT
  put16(NO_C2)
  put16(NO_C3)
  zeros(4) // FLUSH_SIZE, FLUSH_STRIDE: WBINVD works
  zeros(4) // DUTY_OFFSET, DUTY_WIDTH, DAY_ALRM, MON_ALRM
  put8(AcpiFact.CenturyRegister)
  put16(BootArchitecture.LegacyDevices | BootArchitecture.KeyboardController | BootArchitecture.VgaNotPresent | BootArchitecture.PcieAspmControls)
  put8(0) // reserved
  put32(features())
  genericAddress(AddressSpaceId.SystemIo, 8, AccessSize.Byte, Port.ResetControl)
  put8(AcpiFact.ResetValue)
  put16(0) // ARM_BOOT_ARCH
  put8(MINOR_REVISION)
  put64(facs)
  put64(dsdt)
  genericAddress(AddressSpaceId.SystemIo, BlockLength.Pm1aEvent * 8, AccessSize.Word, Port.Pm1aEvent)
  noAddress() // X_PM1b_EVT_BLK
  genericAddress(AddressSpaceId.SystemIo, BlockLength.Pm1aControl * 8, AccessSize.Word, Port.Pm1aControl)
  noAddress() // X_PM1b_CNT_BLK
  noAddress() // X_PM2_CNT_BLK
  genericAddress(AddressSpaceId.SystemIo, BlockLength.PmTimer * 8, AccessSize.Dword, Port.PmTimer)
  genericAddress(AddressSpaceId.SystemIo, BlockLength.Gpe0 * 8, AccessSize.Byte, Port.Gpe0)
  noAddress() // X_GPE1_BLK
  noAddress() // SLEEP_CONTROL_REG
  noAddress() // SLEEP_STATUS_REG
  text('TYPERVSR') // hypervisor vendor identity
  return finishTable(gpa)
}

/** Writes the FACS, which has no checksum, at `gpa`, a multiple of 64; its length. */
export function writeFacs(gpa: u64): u32 {
  reset()
  text('FACS')
  put32(FACS_BYTES)
  zeros(24) // hardware signature, waking vector, global lock, flags, X waking vector
  put8(FACS_VERSION)
  zeros(FACS_BYTES - 33)
  return finish(gpa)
}

const FACS_BYTES: u32 = 64
const FACS_VERSION: u32 = 2

function features(): u32 {
  const timer = AcpiFact.PmTimerBits == 32 ? Feature.TimerIs32Bits : 0
  return Feature.Wbinvd | Feature.ProcessorC1 | Feature.NoSleepButton | Feature.NoFixedRtc | Feature.ResetRegister | timer
}
