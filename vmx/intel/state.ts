/** Between the VMCS and the vendor-neutral Processor record, and the registers that change hands with the vCPU. */
import * as hw from '../../kernel/hw'
import { Context } from '../context'
import { Field } from '../../capability/vmcs'
import { select } from './structure'

const Long: u32 = 1 << 13 // the L bit in a segment's access rights
const Big: u32 = 1 << 14 // D/B
@inline const EferLma: u64 = 1 << 10
const StarMsr: u32 = 0xC000_0081
const LstarMsr: u32 = 0xC000_0082
const CstarMsr: u32 = 0xC000_0083
const SfmaskMsr: u32 = 0xC000_0084
const KernelGsBaseMsr: u32 = 0xC000_0102

/** Fills what finding the instruction at CS:RIP needs. */
export function readCodeState(context: Context): void {
  readControlRegisters(context)
  context.cpl = <u32>hw.vmread(Field.GuestSsAccessRights) >> 5 & 3
  context.codeSize = codeSizeOf(context)
  if (context.codeSize != 64) context.csBase = hw.vmread(Field.GuestEsBase + 2) // 64-bit code has none
}

/** Control registers as the guest sees them: a bit that is the host's is in the shadow. */
function readControlRegisters(context: Context): void {
  select(context)
  const owned0 = hw.vmread(Field.Cr0Mask)
  const owned4 = hw.vmread(Field.Cr4Mask)
  context.cr0 = hw.vmread(Field.GuestCr0) & ~owned0 | hw.vmread(Field.Cr0Shadow) & owned0
  context.cr3 = hw.vmread(Field.GuestCr3)
  context.cr4 = hw.vmread(Field.GuestCr4) & ~owned4 | hw.vmread(Field.Cr4Shadow) & owned4
  context.efer = hw.vmread(Field.GuestEfer)
}

/** The default size of the code segment. SDM vol. 3, 3.4.5. */
@inline function codeSizeOf(context: Context): u32 {
  const cs = <u32>hw.vmread(Field.GuestCsAccessRights)
  if ((context.efer & EferLma) != 0 && (cs & Long) != 0) return 64
  return (cs & Big) != 0 ? 32 : 16
}

/** Fills what is not kept current: RSP, RFLAGS, control registers, bases, modes. */
export function readProcessor(context: Context): void {
  readControlRegisters(context)
  context.rsp = hw.vmread(Field.GuestRsp)
  context.rflags = hw.vmread(Field.GuestRflags)
  const bases = changetype<usize>(context) + offsetof<Context>('esBase')
  for (let index: u32 = 0; index < 6; index++) store<u64>(bases + (<usize>index << 3), hw.vmread(Field.GuestEsBase + (index << 1)))
  const stack = <u32>hw.vmread(Field.GuestSsAccessRights)
  context.cpl = stack >> 5 & 3
  context.codeSize = codeSizeOf(context)
  context.stackSize = context.codeSize == 64 ? 64 : (stack & Big) != 0 ? 32 : 16
}

/** Puts back what an emulated instruction can change beyond the general registers and RIP: RSP and RFLAGS. */
export function writeProcessor(context: Context): void {
  select(context)
  hw.vmwrite(Field.GuestRsp, context.rsp)
  hw.vmwrite(Field.GuestRflags, context.rflags)
}

export function writeCr2(context: Context, value: u64): void { context.cr2 = value }

/** Gives the CPU the registers that neither the VMCS nor an exit switches, and that the nucleus does not use. */
export function loadState(context: Context): void {
  hw.writeMsr(StarMsr, context.star)
  hw.writeMsr(LstarMsr, context.lstar)
  hw.writeMsr(CstarMsr, context.cstar)
  hw.writeMsr(SfmaskMsr, context.sfmask)
  hw.writeMsr(KernelGsBaseMsr, context.kernelGsBase)
  hw.writeDr6(context.dr6)
}

/** Saves them to their owner. */
export function saveState(context: Context): void {
  context.star = hw.readMsr(StarMsr)
  context.lstar = hw.readMsr(LstarMsr)
  context.cstar = hw.readMsr(CstarMsr)
  context.sfmask = hw.readMsr(SfmaskMsr)
  context.kernelGsBase = hw.readMsr(KernelGsBaseMsr)
  context.dr6 = hw.readDr6()
}
