/** The run loop: who runs, until when, and what is done between. */
import { Activity, turnTo } from '../cpu/cpu'
import * as hw from '../hw'
import { settleOrder } from '../capability/adminvm'
import { settleHost } from '../host/power'
import { commit } from '../log/log'
import * as words from '../log/text'
import { serviceConsole } from '../service/console'
import { Exit } from '../../vmx/exit'
import { run } from '../../vmx/operations'
import { attention, clearAttention, requestAttention } from './attention'
import { onExit } from './exits'
import { haltCpu } from './idle'
import { prepareInterrupts } from './interrupts'
import { settlePower } from './power'
import { chooseVcpu, leaveVcpu, thisProcessor } from './scheduling'
import { beginRun, endRun } from './steal'
import { switchTo } from './switch'
import { expireTimers, noteDeadline } from './timers'
import { Vcpu } from './vcpu'
import { vmAt, vmCount } from './vm'

/** Never returns. `entryTsc` is the TSC at the nucleus's own first instruction. */
export function runLoop(entryTsc: u64): void {
  requestAttention()
  let isFirst = true
  for (;;) {
    between()
    const vcpu = chooseVcpu()
    noteDeadline(thisProcessor().sliceEnd)
    if (vcpu === null) {
      // Attention that came meanwhile is not slept over.
      if (!attention) haltCpu()
      continue
    }
    switchTo(vcpu)
    if (isFirst) {
      isFirst = false
      words.text('first guest instruction after ')
      words.decimal(hw.readTsc() - entryTsc)
      words.text(' ticks of the TSC since the boot loader')
      commit()
    }
    const begin = hw.readTsc()
    turnTo(Activity.Guest, begin)
    beginRun(vcpu, begin)
    runUntilAttention(vcpu)
    const end = hw.readTsc()
    turnTo(Activity.Nucleus, end)
    endRun(vcpu, end)
    leaveVcpu(end)
  }
}

/** What guests wait for while none runs: timers, the console, VMs that start or stop. */
function between(): void {
  clearAttention()
  expireTimers()
  serviceConsole()
  settleHost()
  for (let i: u32 = 0; i < vmCount; i++) {
    settleOrder(vmAt(i))
    settlePower(vmAt(i))
  }
}

/**
 * Runs one vCPU until something else is to be looked at: its slice is over, it halts, an interrupt came, a VM is to change state,
 * which happens between runs only.
 */
function runUntilAttention(vcpu: Vcpu): void {
  while (!attention) {
    // With a window open it may have opened with the instruction that was carried out: QEMU's TCG would let another go by.
    if (vcpu.evaluate || vcpu.windowOpen) {
      prepareInterrupts(vcpu)
      if (attention) return
    }
    run(vcpu)
    if (vcpu.exit.reason == Exit.Interrupt) hw.openInterrupts()
    onExit(vcpu)
  }
}
