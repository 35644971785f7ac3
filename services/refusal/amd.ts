/** What VMRUN found wrong: its checks once more, in words. APM vol. 2, 15.5.1; which bits there are, 3.1.1 to 3.1.7. */
import { field } from '../../capability/refusal'
import { Cr0, Cr4 } from '../../capability/registers'
import { EventType } from '../../capability/virtualization'
import { Intercept2, SaveSegment, Vmcb } from '../../capability/vmcb'
import { isPhysical } from './address'
import { beginRefusal, look, must } from './rule'

/** Sizes of the permission maps. 15.10.1 and 15.11. */
const PortMapBytes: u64 = 0x3000
const MsrMapBytes: u64 = 0x2000
const VmcbBytes: u32 = 0x1000
const vmcb = changetype<Vmcb>(memory.data(0x1000, 8))

/** Finds the rule that was broken when an entry failed. */
export function explainVmrun(): void {
  beginRefusal('VMEXIT_INVALID')
  for (let at: u32 = 0; at < VmcbBytes; at += 8) store<u64>(changetype<usize>(vmcb) + at, field(at))
  const save = vmcb.save, cr0 = save.cr0, isLong = (look('EFER', save.efer) & 1 << 8) != 0 && (cr0 & Cr0.PG) != 0
  must((save.efer & ~0x36_ED01) == 1 << 12, 'SVME must be 1 and reserved bits 0')
  must(look('CR0', cr0) >> 32 == 0 && (cr0 & (Cr0.CD | Cr0.NW)) != Cr0.NW && (!isLong || (cr0 & Cr0.PE) != 0), 'its upper half must be 0, NW needs CD, and long mode needs PE')
  must(isPhysical(look('CR3', save.cr3)), 'it must be a physical address')
  must((look('CR4', save.cr4) & ~0xF7_1FFF) == 0 && (!isLong || (save.cr4 & Cr4.PAE) != 0), 'reserved bits must be 0, and long mode needs PAE')
  must(look('DR6', save.dr6) >> 32 == 0, 'its upper half must be 0')
  must(look('DR7', save.dr7) >> 32 == 0, 'its upper half must be 0')
  must(!isLong || (look('CS', save.segment(SaveSegment.Cs).attributes) & 0x600) != 0x600, 'L and D must not both be 1 in long mode')
  must((look('intercepts', vmcb.intercept2) & Intercept2.Vmrun) != 0, 'VMRUN must be among them')
  must(isPhysical(look('I/O permission map', vmcb.iopmBase) + PortMapBytes - 1), 'all of it must be at physical addresses')
  must(isPhysical(look('MSR permission map', vmcb.msrpmBase) + MsrMapBytes - 1), 'all of it must be at physical addresses')
  must(look('ASID', vmcb.asid) != 0, 'it must not be 0')
  must(isPhysical(look('nested CR3', vmcb.nestedCr3)), 'it must be a physical address')
  const event = <u32>look('event to inject', vmcb.eventInjection), type = event >> 8 & 7, vector = event & 0xFF
  must(type != 1 && type <= EventType.Software && (type != EventType.Exception || vector < 32 && vector != 2), 'its type and vector must exist')
}
