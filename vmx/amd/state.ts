/** Between the VMCB and the vendor-neutral Processor record. */
import { Context } from '../context'
import { vmcbOf } from './control'
import { Clean, SaveArea } from '../../capability/vmcb'

const Long: u32 = 1 << 9 // the L bit in a segment's attributes
const Big: u32 = 1 << 10 // D/B
@inline const EferLma: u64 = 1 << 10

/** Fills what finding the instruction at CS:RIP needs. */
export function readCodeState(context: Context): void {
  const save = vmcbOf(context).save
  context.cr0 = save.cr0
  context.cr3 = save.cr3
  context.cr4 = save.cr4
  context.efer = save.efer
  context.cpl = save.cpl
  context.codeSize = codeSizeOf(save)
  if (context.codeSize != 64) context.csBase = save.csBase // 64-bit code has none
}

/** The default size of the code segment. APM vol. 2, 4.8.1. */
@inline function codeSizeOf(save: SaveArea): u32 {
  const cs = save.segment(1).attributes
  if ((save.efer & EferLma) != 0 && (cs & Long) != 0) return 64
  return (cs & Big) != 0 ? 32 : 16
}

/** Fills what is not kept current: RSP, RFLAGS, control registers, bases, modes. */
export function readProcessor(context: Context): void {
  const save = vmcbOf(context).save
  context.rsp = save.rsp
  context.rflags = save.rflags
  context.cr0 = save.cr0
  context.cr2 = save.cr2
  context.cr3 = save.cr3
  context.cr4 = save.cr4
  context.efer = save.efer | context.longModeAsked
  context.esBase = save.esBase
  context.csBase = save.csBase
  context.ssBase = save.ssBase
  context.dsBase = save.dsBase
  context.fsBase = save.fsBase
  context.gsBase = save.gsBase
  context.cpl = save.cpl
  context.codeSize = codeSizeOf(save)
  context.stackSize = context.codeSize == 64 ? 64 : (save.segment(2).attributes & Big) != 0 ? 32 : 16
}

/** Puts back what an emulated instruction can change beyond the general registers and RIP: RSP and RFLAGS. */
export function writeProcessor(context: Context): void {
  const save = vmcbOf(context).save
  save.rsp = context.rsp
  save.rflags = context.rflags
}

export function writeCr2(context: Context, value: u64): void {
  vmcbOf(context).save.cr2 = value
  vmcbOf(context).clean &= ~Clean.Cr2
}
