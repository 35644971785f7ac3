/** Stands in vmx/intel/ of a nucleus that VMXON refuses on a Haswell: no machine and no emulator refuses it to who does everything right. */
import * as hw from '../../kernel/hw'
import { vmcsRevision } from './features'

/** Family, model and stepping of a Core i7-4770: CPUID.1:EAX. */
const Haswell: u32 = 0x306C3

/** What to write into the VMXON region: VMXON fails where it is not the CPU's own. SDM vol. 3, 31.3, VMXON. */
export function spoiledRevision(): u32 { return hw.cpuid(1, 0, 0) == Haswell ? ~vmcsRevision() & 0x7FFF_FFFF : vmcsRevision() }
