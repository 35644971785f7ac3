/** The run loop of each CPU: who runs, until when, and what is done between. */
import { Activity, cpu, CpuState, severalCpus, thisCpu, turnTo } from '../cpu/cpu'
import { callUpon } from '../cpu/kick'
import * as hw from '../hw'
import { settleOrder } from '../capability/adminvm'
import { settleHost } from '../host/power'
import { say } from '../log/log'
import * as words from '../log/text'
import { serviceDevices } from '../device/drivers'
import { serveSwitch } from '../network/service'
import { noteStates, serviceConsole } from '../service/console'
import { Exit } from '../../vmx/exit'
import { run } from '../../vmx/operations'
import { attention, Attention, clearAttention, requestAttention, requestOrders } from './attention'
import { onExit } from './exits'
import { leaveVirtualization } from './host'
import { haltCpu } from './idle'
import { prepareInterrupts, resumes, setRunning } from './interrupts'
import { settlePower } from './power'
import { chooseVcpu, chosenAt, haltVcpu, leaveVcpu, thisProcessor } from './scheduling'
import { beginRun, endRun } from './steal'
import { setDown, switchTo } from './switch'
import { expireTimers, interruptUntil, isDue, keepWatch, noteVmDeadline } from './timers'
import { Vcpu } from './vcpu'
import { Vm, vmAt, vmCount } from './vm'

/** The TSC at the nucleus's own first instruction; 0 once the first guest's was told. */
let entry: u64 = 0

/** The first CPU's. Never returns. `entryTsc` is the TSC at the nucleus's own first instruction. */
export function runLoop(entryTsc: u64): void {
  entry = entryTsc
  requestOrders()
  for (;;) {
    between()
    takeTurns()
  }
}

/** Any other CPU's: it runs vCPUs, and leaves everything else to the first. Never returns. */
export function runVcpus(): void {
  requestAttention()
  for (;;) {
    expireTimers()
    clearAttention()
    if (cpu(0).endWanted != 0) end()
    takeTurns()
  }
}

/** The machine ends or starts anew: this CPU is in nobody's way. */
function end(): void {
  leaveVirtualization()
  cpu(thisCpu).state = CpuState.Absent
  hw.stop()
}

/** What guests wait for while none runs: timers, the console, VMs that start or stop. */
function between(): void {
  expireTimers()
  const wanted = attention
  clearAttention() // what comes meanwhile is for the next time
  if (wanted < Attention.Service) return
  keepWatch()
  if ((wanted & Attention.Orders) != 0) carryOut()
  serviceDevices()
  serveSwitch()
  serviceConsole()
}

/** Looks at everything that may wait for something to be done with it. */
function carryOut(): void {
  settleHost()
  let mark: u64 = 0
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    settleOrder(vm)
    settlePower(vm)
    mark = mark * 31 + vm.state + (<u64>vm.restarts << 4) + (<u64>vm.reasonLength << 24)
  }
  noteStates(mark)
}

/** vCPUs have their turns, one straight after the other while there is nothing else to look at. Where none wants one the CPU halts. */
function takeTurns(): void {
  let now = hw.readTsc()
  let left: Vm | null = null // whose vCPU has had its turn
  let goesOn = false
  do {
    const vcpu = nextVcpu(now)
    if (left !== null) tellHolder(left)
    goesOn = false
    if (vcpu !== null) {
      if (left === null) {
        if (entry != 0) tellEntry()
        turnTo(Activity.Guest, hw.readTsc())
      }
      left = vmAt(vcpu.vm)
      now = takeTurn(vcpu)
      goesOn = attention == Attention.Turn && !isDue(now)
      if (goesOn) clearAttention()
      else {
        leaveVcpu(now)
        tellHolder(left)
      }
    }
  } while (goesOn)
  if (left !== null) turnTo(Activity.Nucleus, hw.readTsc())
  // Attention that came meanwhile is not slept over.
  if (attention == 0) haltCpu()
}

function tellEntry(): void {
  words.text('first guest instruction after ')
  words.decimal(hw.readTsc() - entry)
  say(' ticks of the TSC since the boot loader')
  entry = 0
}

/** A vCPU of a VM has been left: the first CPU may wait for that. */
@inline function tellHolder(vm: Vm): void { if (vm.held) callUpon(0) }

/** Leaves the vCPU that had its turn for the one whose turn it is from `now` on; null when there is none, or none that has something to do. */
function nextVcpu(now: u64): Vcpu | null {
  const vcpu = chooseVcpu(now)
  interruptUntil(thisProcessor().sliceEnd)
  if (vcpu === null) return null
  const isWatched = vcpu.watcher == thisCpu
  vcpu.watcher = thisCpu
  const isAwake = resumes(vcpu)
  if (!isWatched) noteVmDeadline(vcpu.vm, vcpu.deadline) // the next one, when the last has just been taken
  if (isAwake) return vcpu
  const vm = vmAt(vcpu.vm)
  haltVcpu(vcpu)
  setApart(vcpu)
  leaveVcpu(hw.readTsc())
  tellHolder(vm)
  return null
}

/** Until the time that is answered. Another CPU may run the vCPU when it has been left, or its VM go: nothing of it is touched then. */
@inline function takeTurn(vcpu: Vcpu): u64 {
  switchTo(vcpu)
  beginRun(vcpu, chosenAt)
  setRunning(changetype<usize>(vcpu))
  runUntilAttention(vcpu)
  setRunning(0)
  const end = hw.readTsc()
  endRun(vcpu, end)
  setApart(vcpu)
  return end
}

/** Any CPU may run it next. */
@inline function setApart(vcpu: Vcpu): void { if (severalCpus) setDown(vcpu) }

/**
 * Runs one vCPU until something else is to be looked at: its slice is over, it halts, an interrupt came, a VM is to change state,
 * which happens between runs only.
 */
function runUntilAttention(vcpu: Vcpu): void {
  while (attention == 0) {
    // With a window open it may have opened with the instruction that was carried out: QEMU's TCG would let another go by.
    if (vcpu.evaluate || vcpu.windowOpen) {
      prepareInterrupts(vcpu)
      if (attention != 0) return
    }
    run(vcpu)
    if (vcpu.exit.reason == Exit.Interrupt) hw.openInterrupts()
    onExit(vcpu)
  }
}
