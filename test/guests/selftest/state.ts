/** FPU, SSE and AVX registers, through interrupts and whatever else the processor was used for meanwhile. */
import { cpuid, execute, in8, linear, NoFault, out8, readControl, writeControl } from '../platform/hw'
import { tryReadXcr, tryWriteXcr, wideResult } from '../platform/instructions'
import { DivideBy16, enableApic, hasApic, Periodic, startTimer, stopTimer } from '../platform/localapic'
import { random, seed } from '../platform/random'
import { registers } from '../platform/registers'
import { compareExchange16, holdFpu, holdXmm, holdYmm, stringIn, stringOut } from './code'
import { forget, taken, Vector } from './interrupts'
import { equal, holds, skip, subject } from './report'

const given: usize = memory.data(512, 16)
const left: usize = memory.data(512, 16)

function fill(): void {
  for (let at: usize = 0; at < 512; at += 8) {
    store<u64>(given + at, random())
    store<u64>(left + at, 0)
  }
}

function run(code: u64, rax: u64 = 0): u32 {
  registers.rdi = linear(given)
  registers.rsi = linear(left)
  registers.rcx = 3000000
  registers.rax = rax
  return execute(code, changetype<usize>(registers))
}

function differences(bytes: usize): u32 {
  let count: u32 = 0
  for (let at: usize = 0; at < bytes; at += 8) {
    if (load<u64>(given + at) != load<u64>(left + at)) count++
  }
  return count
}

export function testState(): void {
  seed(0x5EED)
  if (hasApic()) {
    enableApic()
    forget()
    startTimer(Vector.Timer, Periodic, 20000, DivideBy16)
  }
  fill()
  equal('XMM registers: no fault', run(holdXmm()), NoFault)
  equal('  kept through interrupts', differences(256), 0)
  if (hasApic()) holds('  there were some', taken(Vector.Timer) > 2)

  // Integers of at most 63 bits survive the FPU's 64-bit mantissa.
  fill()
  run(holdFpu(), 0x3F80)
  equal('FPU registers kept through interrupts', differences(64), 0)
  equal('MXCSR kept through interrupts', registers.rax & 0xFFFF, 0x3F80)
  run(holdFpu(), 0x1F80)

  const avx = <u32>(1 << 26 | 1 << 28) // XSAVE, AVX
  if ((cpuid(1, 0, 2) & avx) == avx) {
    writeControl(4, readControl(4) | 1 << 18)
    holds('OSXSAVE shows in CPUID', (cpuid(1, 0, 2) & (1 << 27)) != 0)
    equal('XCR0 takes x87, SSE and AVX', tryWriteXcr(0, 7), NoFault)
    tryReadXcr(0)
    equal('  reads back', wideResult(), 7)
    equal('  AVX without SSE', tryWriteXcr(0, 5), 13)
    equal('  bits that CPUID lacks', tryWriteXcr(0, 7 | u64(1) << 62), 13)
    equal('  register 1 is not XCR0', tryWriteXcr(1, 7), 13)
    equal('  size in CPUID', cpuid(13, 0, 1), 832) // 512 + 64 + 256, SDM vol. 1, 13.4
    fill()
    equal('YMM registers: no fault', run(holdYmm()), NoFault)
    equal('  kept through interrupts', differences(512), 0)
    tryWriteXcr(0, 1)
    equal('  #UD without AVX in XCR0', run(holdYmm()), 6)
    tryWriteXcr(0, 7)
  } else skip('YMM registers', 'no AVX in CPUID')
  stopTimer()

  store<u64>(given, 1)
  store<u64>(given + 8, 2)
  registers.rdi = linear(given)
  registers.rax = 1
  registers.rdx = 2
  registers.rbx = 3
  registers.rcx = 4
  execute(compareExchange16(), changetype<usize>(registers))
  equal('CMPXCHG16B', registers.rax, 1)
  equal('  stored', load<u64>(given) | load<u64>(given + 8) << 8, 0x403)
  testStrings()
}

/** String instructions on a port: the UART's scratch register. */
function testStrings(): void {
  subject('string port instructions')
  fill()
  registers.rdx = 0x3FF
  registers.rcx = 16
  registers.rsi = linear(given)
  equal('  REP OUTSB', execute(stringOut(), changetype<usize>(registers)), NoFault)
  equal('  RCX', registers.rcx, 0)
  equal('  RSI', registers.rsi, linear(given) + 16)
  equal('  the last byte', in8(0x3FF), load<u8>(given + 15))
  out8(0x3FF, 0xC3)
  registers.rdx = 0x3FF
  registers.rcx = 8
  registers.rdi = linear(left)
  equal('  REP INSB', execute(stringIn(), changetype<usize>(registers)), NoFault)
  equal('  RDI', registers.rdi, linear(left) + 8)
  equal('  the bytes', load<u64>(left), 0xC3C3C3C3C3C3C3C3)
  equal('  no more than those', load<u64>(left + 8), 0)
}
