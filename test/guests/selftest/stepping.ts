/** Single steps, breakpoints and watchpoints over instructions that a hypervisor carries out. Intel SDM vol. 3, 18.2 and 18.3. */
import { linear, NoFault, readControl, writeControl } from '../platform/hw'
import { attempt, readDr6, result, writeDr0, writeDr6, writeDr7 } from '../platform/instructions'
import { Low } from '../platform/legacy'
import { registers } from '../platform/registers'
import { equal, subject } from './report'
import { Ended, fresh, isNarrow, Mode, modeName, pointAtData, run, World } from './run'

@inline const Quiet: u64 = 0x400 // DR7
@inline const Step: u64 = 0x4000 // DR6.BS
@inline const First: u64 = 1 // DR6.B0
@inline const Hpet: u64 = 0xFED00000
@inline const Debug: u64 = 1
@inline const Executed: u64 = 2 // DR7: DR0, global
@inline const Written: u64 = 2 | 0xD << 16 // four bytes
@inline const Touched: u64 = 2 | 0xF << 16
@inline const Port: u64 = 2 | 2 << 16 // I/O, one byte; needs CR4.DE

const word: usize = memory.data(16, 16)

function status(): u64 {
  attempt(readDr6())
  return result() & 0xE00F
}

/** To be called before `prepare`: it takes registers of its own. */
function watch(address: u64, control: u64): void {
  attempt(writeDr0(), 0, address)
  attempt(writeDr6(), 0, 0xFFFF0FF0)
  attempt(writeDr7(), 0, Quiet | control)
}

/** Vector, where the instruction pointer is, and DR6's low bits. */
function outcome(mode: u32, bytes: string): u64 {
  const vector = run(mode, mode == Mode.Virtual ? 3 : 0, bytes)
  const at = Ended.ip - (isNarrow(mode) ? Low.Code - Low.Base : Low.Code)
  attempt(writeDr7(), 0, Quiet)
  return (vector == NoFault ? 0xFF : u64(vector)) | at << 8 | status() << 16
}

function trapAt(at: u64, cause: u64): u64 { return Debug | at << 8 | cause << 16 }

function prepare(mode: u32): void {
  pointAtData(mode)
  registers.rax = 0
  registers.rcx = 0x10 // an MSR and a count
  registers.rdx = 0x3FF // the UART's scratch register
  registers.rsi = registers.rdi
}

/** EFLAGS.TF set by IRET: the instruction, which takes `length` bytes, is carried out and then traps. */
function steps(name: string, bytes: string, length: u32, to: u32 = Mode.Real): void {
  subject(name)
  for (let mode = Mode.Long; mode <= to; mode++) {
    watch(0, 0)
    prepare(mode)
    World.flags = 0x102
    equal(modeName(mode, false), outcome(mode, bytes), trapAt(length, Step))
  }
  World.flags = 2
}

function testSteps(): void {
  steps('single step over CPUID', '0F A2 90', 2, Mode.Virtual)
  steps('single step over RDTSC', '0F 31 90', 2, Mode.Virtual)
  steps('single step over RDMSR', '0F 32 90', 2)
  steps('single step over IN', 'EC 90', 1)
  steps('single step over OUT', 'EE 90', 1)
  steps('single step over WBINVD', '0F 09 90', 2)
  steps('single step over MOV from CR4', '0F 20 E0 90', 3)
  steps('single step over REP OUTSB, once', 'F3 6E 90', 0)
}

/** The same for device memory, in the modes that reach it. */
function stepsOnDevice(name: string, bytes: string, length: u32): void {
  subject(name)
  for (let mode = Mode.Long; mode <= Mode.Protected32; mode++) {
    if (mode == Mode.Compatibility16) continue
    watch(0, 0)
    prepare(mode)
    registers.rsi = Hpet
    World.flags = 0x102
    equal(modeName(mode, false), outcome(mode, bytes), trapAt(length, Step))
  }
  World.flags = 2
}

function testStepsOnDevice(): void {
  stepsOnDevice('single step over a load from a device', '8B 06 90', 2)
  stepsOnDevice('single step over a store to a device', '89 06 90', 2)
  stepsOnDevice('single step over MOVSD from a device', 'A5 90', 1)
  stepsOnDevice('single step over REP MOVSD from a device, once', 'F3 A5 90', 0)
}

/** What is watched while `bytes` run; #DB must come with the instruction pointer at `at`. */
function watched(name: string, mode: u32, bytes: string, at: u64): void { equal(name, outcome(mode, bytes), trapAt(at, First)) }

function testBreakpoints(): void {
  for (let mode = Mode.Long; mode <= Mode.Protected32; mode += Mode.Protected32) {
    subject(mode == Mode.Long ? 'breakpoint in 64-bit code' : 'breakpoint in 32-bit code')
    watch(Low.Code + 1, Executed)
    prepare(mode)
    watched('  on CPUID', mode, '90 0F A2', 1)
    watch(Low.Code + 2, Executed)
    prepare(mode)
    watched('  after CPUID', mode, '0F A2 90', 2)
    watch(Low.Code + 1, Executed)
    prepare(mode)
    watched('  after IN', mode, 'EC 90', 1)
    // RF keeps a breakpoint away from one instruction and no more. Intel SDM vol. 3, 18.3.1.1
    World.flags = 0x10002
    watch(Low.Code, Executed)
    prepare(mode)
    equal('  passed over with RF', outcome(mode, '0F A2') & 0xFF, 0xFF)
    watch(Low.Code + 2, Executed)
    prepare(mode)
    watched('  after CPUID with RF', mode, '0F A2 90', 2)
    watch(Low.Code + 1, Executed)
    prepare(mode)
    watched('  after IN with RF', mode, 'EC 90', 1)
    watch(Low.Code + 2, Executed)
    prepare(mode)
    registers.rsi = Hpet
    watched('  after a load from a device with RF', mode, '8B 06 90', 2)
    World.flags = 2
  }
}

function testWatchpoints(): void {
  const address = linear(word)
  for (let mode = Mode.Long; mode <= Mode.Protected32; mode += Mode.Protected32) {
    subject(mode == Mode.Long ? 'watchpoint in 64-bit code' : 'watchpoint in 32-bit code')
    watch(address, Written)
    prepare(mode)
    registers.rsi = Hpet
    registers.rdi = address
    watched('  written by MOVSD from a device', mode, 'A5 90', 1)
    watch(address, Written)
    prepare(mode)
    registers.rsi = Hpet
    registers.rdi = address + 4
    equal('  beside it', outcome(mode, 'A5 90') & 0xFF, 0xFF)
    watch(address, Touched)
    prepare(mode)
    registers.rsi = address
    registers.rdi = Hpet
    watched('  read by MOVSD to a device', mode, 'A5 90', 1)
    watch(Hpet, Touched)
    prepare(mode)
    registers.rsi = Hpet
    watched('  on a device, read', mode, '8B 06 90', 2)
    watch(Hpet, Written)
    prepare(mode)
    registers.rsi = Hpet
    watched('  on a device, written', mode, '89 06 90', 2)
  }
}

function testPorts(): void {
  const control = readControl(4)
  writeControl(4, control | 8) // DE
  World.cr4 |= 8
  for (let mode = Mode.Long; mode <= Mode.Protected32; mode += Mode.Protected32) {
    subject(mode == Mode.Long ? 'I/O breakpoint in 64-bit code' : 'I/O breakpoint in 32-bit code')
    watch(0x3FF, Port)
    prepare(mode)
    watched('  on IN', mode, 'EC 90', 1)
    watch(0x3FF, Port)
    prepare(mode)
    watched('  on OUT', mode, 'EE 90', 1)
    watch(0x3FF, Port)
    prepare(mode)
    watched('  on OUTSB', mode, '6E 90', 1)
    watch(0x3FE, Port)
    prepare(mode)
    equal('  on the port below', outcome(mode, 'EC 90') & 0xFF, 0xFF)
  }
  writeControl(4, control)
}

export function testStepping(): void {
  fresh()
  testSteps()
  testStepsOnDevice()
  testBreakpoints()
  testWatchpoints()
  testPorts()
  watch(0, 0)
  fresh()
}
