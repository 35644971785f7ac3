/**
 * What is sent to a vCPU: by another one, by the machine, by a timer. A vCPU's state is one CPU's at a time, so what arrives from elsewhere is posted,
 * atomically, and taken by whoever runs the vCPU. Interrupts are bits, as in an APIC's own registers: twice the same before it is taken is once.
 */
import { DeliveryMode, Icr } from '../../capability/localapic'
import * as hw from '../hw'
import { kick } from '../cpu/kick'
import { runsOn, wakeVcpu } from './scheduling'
import { Vcpu } from './vcpu'

/** Bits of `postedEvents`. */
export namespace Posted {
  export const Look: u64 = 1 << 0 // the 8259s' INTR has changed
  export const Vectors: u64 = 1 << 1
  export const Nmi: u64 = 1 << 2
  export const Init: u64 = 1 << 3
  export const Startup: u64 = 1 << 4
  export const Timer: u64 = 1 << 5 // the APIC timer's deadline has come
}

@inline function field(vcpu: Vcpu, offset: usize, vector: u32): usize { return changetype<usize>(vcpu) + offset + (<usize>(vector >> 6) << 3) }
@inline export function vectorWord(vcpu: Vcpu, vector: u32): usize { return field(vcpu, offsetof<Vcpu>('posted0'), vector) }
@inline export function levelWord(vcpu: Vcpu, vector: u32): usize { return field(vcpu, offsetof<Vcpu>('postedLevel0'), vector) }

/** Sends events, and has the vCPU look at them. */
export function post(vcpu: Vcpu, events: u64): void {
  hw.or64(changetype<usize>(vcpu) + offsetof<Vcpu>('postedEvents'), events)
  vcpu.evaluate = true
  const number = runsOn(vcpu)
  if (number >= 0) kick(number)
  else wakeVcpu(vcpu)
}

/** Sends an interrupt command, as kernel/apic/icr.ts has it, to one of its targets. */
export function postCommand(vcpu: Vcpu, command: u64): void {
  const low = <u32>command
  const vector = low & Icr.Vector
  switch (low & Icr.DeliveryMode) {
    case DeliveryMode.Fixed:
    case DeliveryMode.LowestPriority: {
      const bit = <u64>1 << (vector & 63)
      if ((low & Icr.Level) != 0) hw.or64(levelWord(vcpu, vector), bit)
      hw.or64(vectorWord(vcpu, vector), bit)
      return post(vcpu, Posted.Vectors)
    }
    case DeliveryMode.Nmi: return post(vcpu, Posted.Nmi)
    case DeliveryMode.Init: return post(vcpu, Posted.Init)
    case DeliveryMode.Startup:
      vcpu.startupPage = vector
      return post(vcpu, Posted.Startup)
  }
}
