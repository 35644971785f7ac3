/** An application processor's own beginning, in the copy of the nucleus that was made for it. */
import * as hw from '../hw'
import { initializeLocalApic } from '../interrupts/localapic'
import { endEarly } from '../log/log'
import { protectSupervisor } from '../memory/paging'
import { joinVirtualization } from '../vm/host'
import { runVcpus } from '../vm/run'
import { joinScheduling } from '../vm/scheduling'
import { cpu, CpuState, joinCpus, thisCpu } from './cpu'

/** Never returns. The CPU that started this one looks at its TSC, then lets it in. */
export function bootProcessor(): void {
  joinCpus()
  endEarly() // the port is one CPU's at a time, and soon a driver's
  protectSupervisor()
  initializeLocalApic(0)
  const record = cpu(thisCpu)
  record.state = joinVirtualization() ? CpuState.Starting : CpuState.Failed
  while (record.state == CpuState.Starting) {
    record.shownTsc = hw.readTsc()
    hw.pause()
  }
  if (record.state != CpuState.Online) hw.stop()
  record.onlineSince = hw.readTsc()
  joinScheduling()
  runVcpus()
}
