/** The reader of refused vCPUs, which turns rogue where a guest's CR3 begins with BAh: its lowest byte is a crime's number, or this. */
import { field, number, RefusalNumber } from '../../capability/refusal'
import { Vendor } from '../../capability/virtualization'
import { Field } from '../../capability/vmcs'
import { bytes } from '../../services/logline'
import { start as explain } from '../../services/refusal/index'
import { commit } from './crimes'

export { results } from '../../services/refusal/index'

const Forgery: u32 = 100
/** Of the VMCB's CR3. APM vol. 2, table B-2. */
const Cr3Offset: u32 = 0x550

export function start(): i32 {
  const cr3 = field(number(RefusalNumber.Vendor) == Vendor.Intel ? Field.GuestCr3 : Cr3Offset)
  if (cr3 >> 56 != 0xBA) return explain()
  if ((cr3 & 0xFF) == Forgery) memory.fill(bytes(), 0x0A, 256)
  else commit(<u32>cr3 & 0xFF)
  return 0
}
