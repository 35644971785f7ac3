/** One virtual CPU: what the hardware runs, its local APIC, its place in the scheduler. One page of its VM's window region. */
import { LocalApic } from '../apic/localapic'
import { Entry } from '../schedule/index'
import { Context } from '../../vmx/context'

/** Pages from a vCPU's base: this record, the control block, the APIC's register page, the XSAVE area. */
export const VcpuPages: u32 = 4
const ApicOffset: usize = 0x800
const EntryOffset: usize = 0xA00

@unmanaged export class Vcpu extends Context {
  vm: u32
  index: u32
  evaluate: bool //     interrupts are to be looked at before the next entry
  halted: bool
  nmiPending: bool
  waitingForStartup: bool
  tscOffset: u64 //     guest TSC = host TSC + this
  tscAdjust: u64 //     IA32_TSC_ADJUST
  deadline: u64 //      host TSC of the APIC timer's next expiry, or u64.MAX_VALUE
  refusedAt: u64 //     its count of exits when its state was last refused
  tscAux: u32 //        IA32_TSC_AUX
  userWait: u32 //      IA32_UMWAIT_CONTROL
  readySince: u64 //    host TSC since which it wants to run, while it does not
  stolen: u64 //        TSC ticks of such waiting
  stealArea: u64 //     MSR_KVM_STEAL_TIME
  stealVersion: u32
  postponed: u64 //     an interrupt that an exception kept from being delivered, as `event`; 0 for none
  resident: u32 //      the CPU whose ASID or VPID it has: where it ran last
  watcher: u32 //       the CPU that watches its deadline: where it ran last
  // Written by anybody, atomically: see post.ts.
  startupPage: u32
  postedEvents: u64 //  bits of Posted
  posted0: u64 //       four words: a bit for each vector that was sent
  posted1: u64
  posted2: u64
  posted3: u64
  postedLevel0: u64 //  those among them that are level-triggered
  postedLevel1: u64
  postedLevel2: u64
  postedLevel3: u64
}

@inline export function apicOf(vcpu: Vcpu): LocalApic { return changetype<LocalApic>(changetype<usize>(vcpu) + ApicOffset) }
@inline export function entryOf(vcpu: Vcpu): Entry { return changetype<Entry>(changetype<usize>(vcpu) + EntryOffset) }
@inline export function vcpuOf(entry: Entry): Vcpu { return changetype<Vcpu>(changetype<usize>(entry) - EntryOffset) }

/** Its exits for a reason, a u64: each vCPU counts for itself, since several run at once. */
@inline export function vcpuExits(vcpu: Vcpu, reason: u32): usize { return changetype<usize>(vcpu) + 0xC00 + (<usize>reason << 3) }
@inline export function countExit(vcpu: Vcpu, reason: u32): void {
  const at = vcpuExits(vcpu, reason)
  store<u64>(at, load<u64>(at) + 1)
}
