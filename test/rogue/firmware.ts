/** The reader of the firmware's tables, which turns rogue where there is a table ROGU: its first four bytes are a crime's number, or one of these. */
import { isDevice, page, rootPointers } from '../../capability/firmware'
import { line } from '../../capability/log'
import { find, HeaderBytes } from '../../services/firmware/acpi'
import { start as read } from '../../services/firmware/index'
import { load32 } from '../../services/firmware/physical'
import { record } from '../../services/firmware/record'
import { commit } from './crimes'
import { badAddress, BadAddresses, describeRefusals, expectRefusal } from './pointers'

export { results } from '../../services/firmware/index'

const Pointers: u32 = 100
const FalseRecord: u32 = 101
const Signature: u32 = 0x5547_4F52 // 'ROGU'
/** Where the image begins, and where all but the last MiB of the least memory that a test gives a host ends. */
@inline const RamBegin: u64 = 0x10_0000
@inline const RamEnd: u64 = 0x1000_0000
const copy: usize = memory.data(4096)
const text: usize = memory.data(64)

export function start(): i32 {
  const status = read()
  const table = find(Signature)
  const crime = table === null ? 0 : load32(table.hpa + HeaderBytes)
  if (crime == Pointers) askForEverything()
  else if (crime == FalseRecord) lie()
  else if (crime != 0) commit(crime)
  return status
}

function askForEverything(): void {
  for (let n: u32 = 0; n < BadAddresses; n++) {
    expectRefusal(!page(0xF_0000, badAddress(n)))
    expectRefusal(!rootPointers(badAddress(n)))
  }
  for (let hpa = RamBegin; hpa < RamEnd; hpa += 4096) expectRefusal(!page(hpa, copy))
  expectRefusal(!page(u64.MAX_VALUE, copy))
  expectRefusal(!page(1 << 46, copy))
  expectRefusal(!isDevice(RamBegin, 8))
  expectRefusal(!isDevice(0xFED0_0000, u64.MAX_VALUE))
  line(text, describeRefusals(text))
}

/** An I/O APIC whose registers are the nucleus's own code. */
function lie(): void {
  record().ioApicCount = 1
  record().ioApic(0).address = RamBegin
}
