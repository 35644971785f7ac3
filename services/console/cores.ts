/** The host's cores: processors that are threads of one share more than those of two. */
import { CpuNumber, cpuNumber, HostNumber, hostNumber } from '../../capability/admin'
import { processorsText } from './processors'

/** Each core as the set of its processors. */
export function hostCores(): u64[] {
  const cores: u64[] = []
  for (let cpu: u32 = 0; cpu < hostNumber(HostNumber.CpuCount); cpu++) {
    const core = cpuNumber(cpu, CpuNumber.Core)
    if (!cores.includes(core)) cores.push(core)
  }
  return cores
}

/** Most threads that a core has. */
export function mostThreads(): u64 {
  const cores = hostCores()
  let most: u64 = 0
  for (let i = 0; i < cores.length; i++) most = max(most, <u64>popcnt(cores[i]))
  return most
}

/** The cores in words; those with several threads by the numbers of these. */
export function coresText(): string {
  const cores = hostCores()
  if (mostThreads() == 1) return `${cores.length}, of one thread each`
  const names: string[] = []
  for (let i = 0; i < cores.length; i++) names.push(processorsText(cores[i]))
  return `${cores.length}, of processors ${names.join(' and ')}`
}

/** True when vCPUs of two VMs are kept off the threads of one core at the same time, where there are such. */
export function isCoreScheduling(): bool {
  return hostNumber(HostNumber.CoreScheduling) != 0 && mostThreads() > 1
}

/** The same in words. */
export function coreSchedulingText(): string {
  return mostThreads() == 1 ? 'not needed: no core has several threads' : hostNumber(HostNumber.CoreScheduling) ? 'on' : 'off'
}
