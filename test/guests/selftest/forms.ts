/**
 * Instructions on device memory, each form that kernels use. The device is the HPET's main counter, which is plain storage while it is
 * halted (IA-PC HPET specification 1.0a, section 2.3.7), and which allows 32- and 64-bit accesses.
 */
import { load32, load64, NoFault, store32, store64 } from '../platform/hw'
import { attempt, result } from '../platform/instructions'
import { findTable, EventTimer } from '../platform/acpi'
import { equal, skip } from './report'
import {
  formAbsolute, formAdd, formAddress32, formAnd, formAndLoad, formBtComplement, formBtRegister, formBtReset, formBtSet, formCompare,
  formCompareExchange, formDecrement, formExtendedRegisters, formIncrement, formLockOr, formLods, formMovImmediate32, formMovImmediate64, formMovLoad32,
  formMovLoad64, formMovStore32, formMovStore64, formMovsBackward, formMovsFrom, formMovsTo, formMovsxd, formNegate, formNot, formOr, formOrImmediate,
  formPush, formScaled, formStos, formSub, formTest, formXadd, formXchg, formXor,
} from './code'

@inline const Configuration: u64 = 0xFED00010
@inline const Counter: u64 = 0xFED000F0
@inline const Before: u64 = 0x1122334489ABCDEF
@inline const Low: u64 = 0x89ABCDEF
@inline const High: u64 = 0x11223344 << 32

/** Runs a form on a counter that holds `Before` and checks what the counter and RAX are then. */
function form(name: string, code: u64, operand: u64, counter: u64, accumulator: u64): void {
  store64(Counter, Before)
  const vector = attempt(code, Counter, operand)
  if (vector != NoFault) return equal(name, vector, NoFault)
  const left = load64(Counter)
  if (left != counter) return equal(name, left, counter)
  equal(name, result(), accumulator)
}

/** A form that leaves RAX alone and changes the low doubleword to this. */
function changes(name: string, code: u64, operand: u64, low: u64): void { form(name, code, operand, High | (low & 0xFFFFFFFF), operand) }

export function testForms(): void {
  if (!findTable(EventTimer)) return skip('device memory forms', 'no HPET')
  const configuration = load32(Configuration)
  store32(Configuration, configuration & ~1)

  form('mov r64, m', formMovLoad64(), 0, Before, Before)
  form('mov r32, m', formMovLoad32(), 0, Before, Low)
  form('mov m, r64', formMovStore64(), 0x0102030405060708, 0x0102030405060708, 0x0102030405060708)
  changes('mov m, r32', formMovStore32(), 0xCAFEF00D, 0xCAFEF00D)
  changes('mov m32, imm', formMovImmediate32(), 7, 0x12345678)
  form('mov m64, imm', formMovImmediate64(), 7, 0xFFFFFFFFFFFFFFFE, 7)
  form('movsxd r64, m', formMovsxd(), 0, Before, 0xFFFFFFFF89ABCDEF)
  changes('and m, r', formAnd(), 0x0F0F0F0F, Low & 0x0F0F0F0F)
  form('and r, m', formAndLoad(), 0x0F0F0F0F, Before, Low & 0x0F0F0F0F)
  changes('or m, r', formOr(), 0x10101010, Low | 0x10101010)
  changes('or m, imm', formOrImmediate(), 7, Low | 0x0F)
  changes('lock or m, r', formLockOr(), 0x10101010, Low | 0x10101010)
  changes('xor m, r', formXor(), 0xFFFF0000, Low ^ 0xFFFF0000)
  changes('add m, r', formAdd(), 0x11111111, Low + 0x11111111)
  changes('sub m, r', formSub(), 0x01010101, Low - 0x01010101)
  form('cmp m, r', formCompare(), Low, Before, 1)
  form('test m, r', formTest(), 0x10, Before, 0)
  form('xchg m, r', formXchg(), 0xCAFEF00D, High | 0xCAFEF00D, Low)
  form('lock xadd m, r', formXadd(), 0x11111111, High | (Low + 0x11111111), Low)
  form('lock cmpxchg m, r', formCompareExchange(), Low, High | 0x55667788, Low)
  form('lock cmpxchg m, r, unequal', formCompareExchange(), 5, Before, Low)
  form('bts m, imm', formBtSet(), 0, Before | 0x10, 0)
  form('btr m, imm', formBtReset(), 0, Before & ~0x10, 0)
  form('btc m, imm', formBtComplement(), 0, Before ^ 0x10, 0)
  form('bts m, r beyond the operand', formBtRegister(), 0, Before | 1 << 36, 0)
  changes('inc m', formIncrement(), 7, Low + 1)
  changes('dec m', formDecrement(), 7, Low - 1)
  changes('not m', formNot(), 7, ~Low)
  changes('neg m', formNegate(), 7, 0 - Low)
  changes('rep stosd', formStos(), 0xCAFEF00D, 0xCAFEF00D)
  form('lodsd', formLods(), 0, Before, Low)
  form('rep movsd from a device', formMovsFrom(), 0, Before, Before)
  form('rep movsd to a device', formMovsTo(), 0x0102030405060708, 0x0102030405060708, 0x0102030405060708)
  form('rep movsd downwards', formMovsBackward(), 0x0102030405060708, 0x0102030405060708, 0x0102030405060708)
  form('mov r, [base + index * 8]', formScaled(), 0, Before, Low)
  form('mov r9, [r13]', formExtendedRegisters(), 0, Before, Low)
  form('mov r, [edi]', formAddress32(), 0, Before, Low)
  form('mov eax, [offset64]', formAbsolute(), 0, Before, Low)
  form('push m', formPush(), 0, Before, Before)

  store64(Counter, 0)
  store32(Configuration, configuration)
}
