/** The run loop of each CPU: who runs, until when, and what is done between. */
import { Activity, cpu, CpuState, severalCpus, thisCpu, turnTo } from '../cpu/cpu'
import { callUpon } from '../cpu/kick'
import * as hw from '../hw'
import { settleOrder } from '../capability/adminvm'
import { settleHost } from '../host/power'
import { say } from '../log/log'
import * as words from '../log/text'
import { serviceDevices } from '../device/drivers'
import { noteStates, serviceConsole } from '../service/console'
import { Exit } from '../../vmx/exit'
import { run } from '../../vmx/operations'
import { attention, Attention, clearAttention, requestAttention, requestOrders } from './attention'
import { onExit } from './exits'
import { leaveVirtualization } from './host'
import { haltCpu } from './idle'
import { prepareInterrupts, resumes, setRunning } from './interrupts'
import { settlePower } from './power'
import { chooseVcpu, haltVcpu, leaveVcpu, thisProcessor } from './scheduling'
import { beginRun, endRun } from './steal'
import { setDown, switchTo } from './switch'
import { expireTimers, interruptUntil, keepWatch, noteVmDeadline } from './timers'
import { Vcpu } from './vcpu'
import { vmAt, vmCount } from './vm'

/** The first CPU's. Never returns. `entryTsc` is the TSC at the nucleus's own first instruction. */
export function runLoop(entryTsc: u64): void {
  requestOrders()
  let isFirst = true
  for (;;) {
    between()
    const vcpu = nextVcpu()
    if (vcpu === null) continue
    if (isFirst) {
      isFirst = false
      words.text('first guest instruction after ')
      words.decimal(hw.readTsc() - entryTsc)
      say(' ticks of the TSC since the boot loader')
    }
    takeTurn(vcpu)
  }
}

/** Any other CPU's: it runs vCPUs, and leaves everything else to the first. Never returns. */
export function runVcpus(): void {
  requestAttention()
  for (;;) {
    expireTimers()
    clearAttention()
    if (cpu(0).endWanted != 0) end()
    const vcpu = nextVcpu()
    if (vcpu !== null) takeTurn(vcpu)
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

/** The vCPU whose turn it is; null after a halt, when there was none, or none that has something to do. */
function nextVcpu(): Vcpu | null {
  const vcpu = chooseVcpu()
  interruptUntil(thisProcessor().sliceEnd)
  if (vcpu === null) {
    // Attention that came meanwhile is not slept over.
    if (attention == 0) haltCpu()
    return null
  }
  vcpu.watcher = thisCpu
  const isAwake = resumes(vcpu)
  noteVmDeadline(vcpu.vm, vcpu.deadline) // the next one, when the last has just been taken
  if (isAwake) return vcpu
  haltVcpu(vcpu)
  leave(vcpu)
  return null
}

function takeTurn(vcpu: Vcpu): void {
  switchTo(vcpu)
  const begin = hw.readTsc()
  turnTo(Activity.Guest, begin)
  beginRun(vcpu, begin)
  setRunning(changetype<usize>(vcpu))
  runUntilAttention(vcpu)
  setRunning(0)
  const end = hw.readTsc()
  turnTo(Activity.Nucleus, end)
  endRun(vcpu, end)
  leave(vcpu)
}

/** Another CPU may run it next, or its VM go: nothing of it is touched afterwards. */
function leave(vcpu: Vcpu): void {
  const vm = vmAt(vcpu.vm)
  if (severalCpus) setDown(vcpu)
  leaveVcpu(hw.readTsc())
  if (vm.held) callUpon(0)
}

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
