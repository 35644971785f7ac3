/** What an exit loads for the host. SDM vol. 3, 25.5 and 28.5. */
import * as hw from '../../kernel/hw'
import { Field } from '../../capability/vmcs'

/** Selectors of boot/descriptors.c. */
namespace Selector {
  export const Code: u64 = 0x08
  export const Data: u64 = 0x10
  export const Task: u64 = 0x18
}
const PatMsr: u32 = 0x277
const EferMsr: u32 = 0xC000_0080
const FsBaseMsr: u32 = 0xC000_0100
const GsBaseMsr: u32 = 0xC000_0101

/**
 * Fills the host's part of the current VMCS; RSP is written at the entry. An exit sets the limits of GDTR and IDTR to FFFFh: no selector beyond
 * the GDT is ever loaded, and the IDT has all 256 gates, so that nothing behind either is reached.
 */
export function initializeHost(): void {
  hw.vmwrite(Field.HostCr0, hw.readCr0())
  hw.vmwrite(Field.HostCr3, hw.readCr3())
  hw.vmwrite(Field.HostCr4, hw.readCr4())
  hw.vmwrite(Field.HostCsSelector, Selector.Code)
  hw.vmwrite(Field.HostSsSelector, Selector.Data)
  hw.vmwrite(Field.HostDsSelector, Selector.Data)
  hw.vmwrite(Field.HostEsSelector, Selector.Data)
  hw.vmwrite(Field.HostFsSelector, 0)
  hw.vmwrite(Field.HostGsSelector, 0)
  hw.vmwrite(Field.HostTrSelector, Selector.Task)
  hw.vmwrite(Field.HostFsBase, hw.readMsr(FsBaseMsr))
  hw.vmwrite(Field.HostGsBase, hw.readMsr(GsBaseMsr))
  hw.vmwrite(Field.HostTrBase, hw.imageAddress(hw.ImageAddress.Tss))
  hw.vmwrite(Field.HostGdtrBase, hw.imageAddress(hw.ImageAddress.Gdt))
  hw.vmwrite(Field.HostIdtrBase, hw.imageAddress(hw.ImageAddress.Idt))
  hw.vmwrite(Field.HostSysenterCs, 0)
  hw.vmwrite(Field.HostSysenterEsp, 0)
  hw.vmwrite(Field.HostSysenterEip, 0)
  hw.vmwrite(Field.HostPat, hw.readMsr(PatMsr))
  hw.vmwrite(Field.HostEfer, hw.readMsr(EferMsr))
  hw.vmwrite(Field.HostRip, hw.imageAddress(hw.ImageAddress.VmxExit))
}
