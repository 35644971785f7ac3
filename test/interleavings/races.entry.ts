/** What several processors of the nucleus do at the same time: each export is what one of them does. */
import { VmState } from '../../capability/admin'
import { Cpu, cpu, cpuCount, CpuState, expectOthers, joinCpus, numberStarting, thisCpu } from '../../kernel/cpu/cpu'
import { callUpon, flushEverywhere } from '../../kernel/cpu/kick'
import { acquire, Lock, release } from '../../kernel/cpu/lock'
import { reset } from '../../kernel/apic/localapic'
import * as hw from '../../kernel/hw'
import { onInterrupt as interrupt } from '../../kernel/interrupts/interrupt'
import { initializeLocalApic, Vector } from '../../kernel/interrupts/localapic'
import { commit, endEarly, initializeLog, logRing } from '../../kernel/log/log'
import * as words from '../../kernel/log/text'
import { addRange, initialize, tableBytes } from '../../kernel/memory/frames'
import { FrameTableBase, WindowBase } from '../../kernel/memory/layout'
import { call, instantiate, reserveSandbox, Sandbox, sandbox, SandboxStatus } from '../../kernel/sandbox/sandbox'
import { Entry, Pool, Processor, processorAt } from '../../kernel/schedule/index'
import { attention, clearAttention } from '../../kernel/vm/attention'
import { SandboxKind } from '../../kernel/security/policy'
import { haltCpu } from '../../kernel/vm/idle'
import { stopMachine } from '../../kernel/vm/machine'
import { writeMsr } from '../../kernel/vm/msr'
import { postCommand } from '../../kernel/vm/post'
import { pause, resume } from '../../kernel/vm/power'
import { runVcpus } from '../../kernel/vm/run'
import { addVcpu, holdVm, initializeScheduling, joinScheduling, removeVcpus, setCoreScheduling, thisProcessor, unblockVcpus, wakeVcpu } from '../../kernel/vm/scheduling'
import { expireTimers, noteMachineDeadline } from '../../kernel/vm/timers'
import { apicOf, entryOf, Vcpu, VcpuPages } from '../../kernel/vm/vcpu'
import { setVmCount, vcpuAt, Vm, vmAt } from '../../kernel/vm/vm'
import { saveOf } from '../../vmx/amd/control'
import { check, initializeControl } from '../../vmx/operations'

const CpuRecords: usize = WindowBase + 0x3E00_0000
/** Where the scenarios keep what is their own. */
const Own: usize = WindowBase + 0x3D00_0000

/** What the processors share: (key 0 address, 1 length) of each region; 0 after the last. */
export function region(index: u32, key: u32): usize {
  switch (index) {
    case 0: return key == 0 ? CpuRecords : 0x3000
    case 1: return key == 0 ? Own : 0x1000
    case 2: return key == 0 ? WindowBase : 0x1000 + 2 * (VcpuPages << 12)
    case 3: return key == 0 ? changetype<usize>(logRing()) : 0x2000
    case 4: return key == 0 ? changetype<usize>(sandbox(0)) : 0x2000
    case 5: return key == 0 ? changetype<usize>(vmAt(1)) : 0x1000 + (VcpuPages << 12)
  }
  return 0
}

@inline function lock(): Lock { return changetype<Lock>(Own) }
@inline function word(index: u32): usize { return Own + 0x100 + (<usize>index << 2) }
export function value(index: u32): u32 { return load<u32>(word(index)) }

/** A processor by itself; the first makes what they share. */
export function setUp(number: u32, count: u32): void {
  expectOthers()
  numberStarting(number)
  joinCpus()
  initializeLocalApic(0)
  endEarly()
  check()
  if (number == 0) {
    initializeLog()
    for (let i: u32 = 0; i < count; i++) {
      cpu(i).apicId = i
      cpu(i).state = CpuState.Online
    }
    cpu(0).online = count
    initializeScheduling()
  } else joinScheduling()
}

/** The same, and a VM with two vCPUs that both run, on the processors of a set. A timer of the second is due, which another processor watches. */
export function setUpVm(number: u32, count: u32, affinity: u32, watcher: u32): void {
  setUp(number, count)
  setVmCount(1)
  if (number != count - 1) return
  const vm = makeVm(0, 2, affinity)
  if (watcher == 0) return
  vcpuAt(vm, 1).watcher = watcher
  vcpuAt(vm, 1).deadline = 1
}

/** The same, and two VMs with a vCPU each, which both run, on the processors of a set; all are threads of one core and not to run both. */
export function setUpCore(number: u32, count: u32, affinity: u32): void {
  setUp(number, count)
  setVmCount(2)
  if (number != count - 1) return
  setCoreScheduling(true)
  makeVm(0, 1, affinity)
  makeVm(1, 1, affinity)
}

/** A VM that runs, on the processors of a set, and so do its vCPUs. */
function makeVm(index: u32, vcpus: u32, affinity: u32): Vm {
  const vm = vmAt(index)
  vm.index = index
  vm.vcpuCount = vcpus
  vm.plugged = (1 << vcpus) - 1
  vm.weight = 100
  vm.affinity = affinity
  vm.state = VmState.Running
  vm.machineDeadline = u64.MAX_VALUE
  for (let i: u32 = 0; i < vcpus; i++) {
    const vcpu = vcpuAt(vm, i)
    vcpu.vm = index
    vcpu.index = i
    vcpu.control = changetype<usize>(vcpu) + 0x1000
    vcpu.controlHpa = vcpu.control
    vcpu.virtualApic = changetype<usize>(vcpu) + 0x2000
    vcpu.deadline = u64.MAX_VALUE
    initializeControl(vcpu, 0, true, true)
    apicOf(vcpu).page = vcpu.virtualApic
    reset(apicOf(vcpu), i, i == 0)
    assert(writeMsr(vcpu, 0x1B, 0xFEE0_0C00) && writeMsr(vcpu, 0x80F, 0x1FF)) // x2APIC mode, enabled
    addVcpu(vm, vcpu)
  }
  for (let i: u32 = 0; i < vcpus; i++) wakeVcpu(vcpuAt(vm, i))
  return vm
}

/** The same, and the VM has a machine, whose tick is due on the second processor. None runs its vCPUs. */
export function setUpMachine(number: u32, count: u32): void {
  setUpVm(number, count, 1 << 31, 0)
  if (number == 0) {
    memory.fill(FrameTableBase, 0, <usize>tableBytes(RamBase + RamBytes))
    initialize(FrameTableBase, RamBase + RamBytes)
    addRange(RamBase, RamBytes)
    makeMachine()
    return
  }
  const vm = vmAt(0)
  vm.timekeeper = 1
  vm.machineDeadline = 1
}
@inline const RamBase: u64 = 0x100_0000
@inline const RamBytes: u64 = 0x80_0000
/** Addresses of a machine's functions. */
@inline const Start: u64 = 1
@inline const Tick: u64 = 2

function makeMachine(): void {
  const vm = vmAt(0)
  vm.machine = reserveSandbox(SandboxKind.Machine, 0)
  vm.tick = Tick
  assert(vm.machine == 1 && instantiate(sandbox(1)) == SandboxStatus.Ok)
  call(sandbox(1), Start)
}

/** Another processor's timers, and then it rests. */
export function tick(): void {
  expireTimers()
  haltCpu()
}

/** A guest's access on the first processor, in which its machine asks for a tick. */
export function askForTick(): void {
  acquire(sandbox(1).lock)
  noteMachineDeadline(vmAt(0), Asked)
  store<u32>(word(0), 1)
  release(sandbox(1).lock)
}
@inline const Asked: u64 = 1 << 40
/** Whether it has been asked, and whether the first processor is to have the machine tick then. */
export function hasAsked(): bool { return value(0) != 0 }
export function isKept(): bool { return vmAt(0).machineDeadline == Asked && vmAt(0).timekeeper == 0 }

/** `vm pause` and `vm resume` of a VM that nobody runs. */
export function pauseAtRest(): void {
  pause(vmAt(0))
  resume(vmAt(0))
}
/** A call of its machine on another processor, which asks for a tick when its clock shows `Asked`. */
export function askByClock(): void {
  acquire(sandbox(1).lock)
  noteMachineDeadline(vmAt(0), Asked - vmAt(0).clockOffset)
  release(sandbox(1).lock)
}
export function isKeptByClock(): bool { return vmAt(0).machineDeadline == Asked - vmAt(0).clockOffset }

/** What the first processor does of a VM's reset, which nobody runs. */
export function restartMachine(): void {
  const vm = vmAt(0)
  vm.state = VmState.Stopped
  removeVcpus(vm)
  stopMachine(vm)
  makeMachine()
  vm.state = VmState.Running
}

export function onInterrupt(): void { interrupt(Vector.Kick, 0) }

/** Adds one so many times, one CPU at a time; each notes when it finds another inside. */
export function count(times: u32): void {
  for (let i: u32 = 0; i < times; i++) {
    acquire(lock())
    if (load<u32>(word(1)) != 0) store<u32>(word(2), 1)
    store<u32>(word(1), thisCpu + 1)
    store<u32>(word(0), load<u32>(word(0)) + 1)
    store<u32>(word(1), 0)
    release(lock())
  }
}

/** Takes a page from everybody, and gives it to the next, zeroed, when nobody can reach it any more; within a lock that others wait for. */
export function unmap(): void {
  acquire(lock())
  store<u32>(word(0), 1)
  flushEverywhere()
  hw.zero(0, 4096)
  release(lock())
}
/** What another does meanwhile. */
export function waitAndRest(): void {
  acquire(lock())
  release(lock())
  haltCpu()
}

/** Tells the first one something, twice. */
export function tell(): void {
  for (let i: u32 = 1; i <= 2; i++) {
    store<u32>(word(thisCpu), i)
    callUpon(0)
  }
}
/** The first one's run loop: what it was called upon for it looks at, and rests. */
export function listen(tellers: u32): void {
  let missing = tellers
  while (missing != 0) {
    clearAttention()
    missing = 0
    for (let i: u32 = 1; i <= tellers; i++) if (load<u32>(word(i)) != 2) missing++
    if (missing != 0 && attention == 0) haltCpu()
  }
}

/** Two lines of the log. */
export function write(): void {
  for (let i: u32 = 0; i < 2; i++) {
    words.text('line ')
    words.decimal(i)
    words.text(' of processor ')
    words.decimal(thisCpu)
    commit()
  }
}
export function logLength(): u64 { return logRing().end }
export function logByte(at: u64): u32 { return logRing().at(at) }

/** The run loop of a processor that runs vCPUs. */
export function run(): void { runVcpus() }
/** An interrupt for a vCPU, as a device or a timer sends it. */
export function send(index: u32, vector: u32): void { postCommand(vcpuAt(vmAt(0), index), vector) }

/** An administrator's `vm kill`: the VM is held until nobody runs it, and its memory goes to others. */
export function kill(): void {
  const vm = vmAt(0)
  for (;;) {
    clearAttention()
    if (holdVm(vm)) break
    if (attention == 0) haltCpu()
  }
  vm.state = VmState.Stopped
  removeVcpus(vm)
  mark(0)
  flushEverywhere()
  if (!isMarked(0)) store<u32>(word(0), 1)
  mark(Others)
}
const Others: u32 = 0xEEEE_EEEE
/** What a processor writes that takes one of the VM's vCPUs up, and some of all that it has. */
function mark(value: u32): void {
  for (let i: u32 = 0; i < 2; i++) {
    vcpuAt(vmAt(0), i).watcher = value
    if (value == Others) for (let offset: usize = 0; offset < VcpuPages << 12; offset += 256) store<u32>(changetype<usize>(vcpuAt(vmAt(0), i)) + offset, value)
  }
}
function isMarked(value: u32): bool {
  for (let i: u32 = 0; i < 2; i++) {
    if (vcpuAt(vmAt(0), i).watcher != value) return false
    if (value == Others) for (let offset: usize = 0; offset < VcpuPages << 12; offset += 256) if (load<u32>(changetype<usize>(vcpuAt(vmAt(0), i)) + offset) != value) return false
  }
  return true
}
/** Whether nobody has touched a VM that was ended. */
export function isUntouched(): bool { return value(0) == 0 && isMarked(Others) }

/** `vm pause` and `vm resume` of a VM that runs. */
export function pauseAndResume(): void {
  const vm = vmAt(0)
  for (;;) {
    clearAttention()
    if (holdVm(vm)) break
    if (attention == 0) haltCpu()
  }
  vm.held = false
  unblockVcpus(vm)
}

/** The selector of a vCPU's code, which tells where it was started; 0 while it waits for that. */
export function startedAt(index: u32): u32 {
  const vcpu = vcpuAt(vmAt(0), index)
  return vcpu.waitingForStartup ? 0 : saveOf(vcpu).segment(1).selector
}
export function controlBlock(index: u32): usize { return vcpuAt(vmAt(0), index).control }

/** Whether CPUs may access a word without an order: docs/architecture.md, "What CPUs share", says of each why. For the first processor. */
export function isUnordered(address: usize): bool {
  const vm = vmAt(0)
  if (address >= changetype<usize>(vmAt(1)) && address < changetype<usize>(vmAt(1)) + 0x80_0000) return isUnordered(address - changetype<usize>(vmAt(1)) + changetype<usize>(vm))
  if (isOf(address, changetype<usize>(cpu(0)) + offsetof<Cpu>('flushWanted'), 4)) return true
  for (let n: u32 = 0; n < cpuCount(); n++) if (isOf(address, changetype<usize>(processorAt(changetype<Pool>(changetype<usize>(thisProcessor()) - 128), n)) + offsetof<Processor>('sliceEnd'), 8)) return true
  if (isOf(address, changetype<usize>(vm) + offsetof<Vm>('state'), 4) || isOf(address, changetype<usize>(vm) + offsetof<Vm>('held'), 1)) return true
  if (isOf(address, changetype<usize>(vm) + offsetof<Vm>('timekeeper'), 4)) return true
  if (isOf(address, changetype<usize>(vm) + offsetof<Vm>('machine'), 4) || isOf(address, changetype<usize>(vm) + offsetof<Vm>('machineDeadline'), 8)) return true
  if (isOf(address, changetype<usize>(sandbox(1)) + offsetof<Sandbox>('state'), 4)) return true
  for (let i: u32 = 0; i < 2; i++) {
    const vcpu = changetype<usize>(vcpuAt(vm, i))
    const entry = changetype<usize>(entryOf(vcpuAt(vm, i)))
    if (isOf(address, vcpu + offsetof<Vcpu>('evaluate'), 1) || isOf(address, vcpu + offsetof<Vcpu>('readySince'), 8) || isOf(address, vcpu + offsetof<Vcpu>('watcher'), 4) || isOf(address, vcpu + offsetof<Vcpu>('deadline'), 8)) return true
    if (isOf(address, entry + offsetof<Entry>('processor'), 4) || isOf(address, entry + offsetof<Entry>('runnable'), 4)) return true
  }
  return false
}
function isOf(word: usize, field: usize, bytes: usize): bool { return word + 4 > field && word < field + bytes }
