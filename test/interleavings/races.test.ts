/**
 * What CPUs do at the same time, in every order that few preemptions and late stores can make of it: kernel/cpu, the log, and vCPUs that halt, are woken, are sent
 * something and are held. Each is then tried with something missing that it needs, which must be found.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { accesses, Physical } from '../kernel/physical.ts'
import { compile, type Mutation } from './compile.ts'
import { Guest, guests, hardware, inside, setGuests, type Step } from './guest.ts'
import { Found, Host, type Options, regions } from './host.ts'
import type { Processor } from './processor.ts'

/** More finds more, and takes longer: INTERLEAVING_BOUND=3. */
const BOUND = Number(process.env.INTERLEAVING_BOUND ?? 2)

let code: WebAssembly.Module
beforeAll(async () => { code = await compile() })

type Scenario = Pick<Options, 'programs' | 'check'> & Partial<Omit<Options, 'programs' | 'check'>> & {
  /** What the VM's vCPUs do. */
  vcpus?: Step[][]
}

/** Where races.entry.ts has its words. */
const Words = 0x7D00_0100
const word = ({ view }: Processor, index: number) => view.getUint32(Words + 4 * index, true)

function hostOf(module: WebAssembly.Module, { vcpus, ...scenario }: Scenario): Host {
  return new Host(module, {
    processors: scenario.programs.length, setUp: vcpus ? ['setUpVm', scenario.programs.reduce((set, program, n) => program?.[0] === 'run' ? set | 1 << n : set, 0), 0] : ['setUp'], bound: BOUND, late: true, hw: hardware, shared: regions,
    start: () => setGuests((vcpus ?? []).map(steps => new Guest(steps))), ...scenario,
  })
}

/** An interrupt command to a vCPU, in x2APIC mode, of fixed delivery where nothing else is said. SDM vol. 3, 11.12.9. */
const command = (vcpu: number, vector: number) => vcpu * 2 ** 32 + 0x4000 + vector
const Init = 0x500
const Startup = 0x600

/** What each processor's TLB has of the page that `unmap` takes away: 0 its translation, 1 none. */
let translations: number[] = []

/** The functions of a machine, by races.entry.ts's addresses. */
const Start = 1, Tick = 2, Instantiate = 3
/** Host memory, where the machines' pages are. */
const memory = new Physical(0x180_0000, 0x10_0000n)
/** Whether the machine that there is has been started. */
let isStarted = false
/** Whether a tick came after it was asked for one. */
let isAskedAnew = false

/** What processors do that have a machine, whose functions do no more than this. */
const withMachine = ({ instantiate, start, tick }: { instantiate?: () => void, start?: () => void, tick: (processor: Processor) => void }): Options['hw'] => (host, processor) => ({
  ...hardware(host, processor), ...accesses(() => memory), store32: () => {}, load32: () => 0,
  moduleCount: () => 1, moduleImport: () => 0n, moduleNumber: (_: number, key: number) => key === 2 ? 1 : 0, // ModuleNumber.InitialPages
  moduleInstantiate: () => {
    instantiate?.()
    return BigInt(Instantiate)
  },
  gateStatus: () => 0,
  enter: (address: bigint) => {
    if (Number(address) === Start) start?.()
    if (Number(address) === Tick) tick(processor)
    return 0n
  },
})

/** The guests are those of two VMs, and never run at the same time. */
function isolated(host: Host, processor: Processor) {
  const all = hardware(host, processor)
  return {
    ...all,
    svmRun: (vmcb: bigint, registers: number) => {
      if (!processor.rewinding && inside.size > 0) throw new Error('a thread enters a guest while another is in that of another VM')
      all.svmRun(vmcb, registers)
    },
  }
}

const scenarios: Record<string, Scenario> = {
  'a lock keeps all out but one': { programs: [['count', 2], ['count', 2]], check: ({ processors: [one] }) => { expect([word(one, 0), word(one, 2)]).toEqual([4, 0]) } },
  'a lock keeps all out but one of three': { programs: [['count', 1], ['count', 1], ['count', 1]], check: ({ processors: [one] }) => { expect([word(one, 0), word(one, 2)]).toEqual([3, 0]) } },
  'nobody can reach what was unmapped, whoever rests or waits for the first': {
    programs: [['unmap'], ['waitAndRest'], ['waitAndRest']],
    start: () => { translations = [0, 0, 0] },
    hw: (host, processor) => ({
      ...hardware(host, processor),
      writeCr3: () => { translations[processor.number] = word(processor, 0) },
      zero: () => { if (translations.includes(0)) throw new Error('a processor can still reach what others are given') },
    }),
    check: () => {},
  },
  'who is called upon sees what it was called for': { programs: [['listen', 2], ['tell'], ['tell']], check: ({ processors }) => { expect(processors.every(({ finished }) => finished)).toBe(true) } },
  'lines of the log stay whole': {
    programs: [['write'], ['write']],
    check: ({ processors: [{ exports }] }) => {
      const text = Array.from({ length: Number(exports.logLength()) }, (_, n) => String.fromCharCode(exports.logByte(BigInt(n)))).join('')
      expect(text.split('\n').map(line => line.replace(/^\[\d+\.\d+\] /, '')).sort()).toEqual(['', ...[0, 1].flatMap(n => [0, 1].map(line => `line ${line} of processor ${n}`)).sort()])
    },
  },
  'a vCPU that halts is woken by what it is sent': {
    programs: [['send', 0, 0x41], ['run']], vcpus: [[{ until: 0x41 }], [{ until: 0x42 }]],
    check: () => { expect(guests.map(({ received }) => received)).toEqual([[0x41], []]) },
  },
  'a vCPU that computes takes what it is sent': {
    programs: [['send', 0, 0x41], ['run']], vcpus: [[], [{ until: 0x42 }]],
    check: () => { expect(guests.map(({ received }) => received)).toEqual([[0x41], []]) },
  },
  'vCPUs on two processors answer each other': {
    bound: BOUND - 1,
    programs: [['run'], ['run']], vcpus: [[{ command: command(1, 0x41) }, { until: 0x42 }], [{ until: 0x41 }, { command: command(0, 0x42) }]],
    check: () => { expect(guests.map(({ received }) => received)).toEqual([[0x42], [0x41]]) },
  },
  'INIT and a startup interrupt start a vCPU that computes': {
    programs: [['run'], ['run']], vcpus: [[{ command: command(1, Init) }, { command: command(1, Startup | 0x9A) }], []], bound: BOUND - 1, late: false,
    check: ({ processors: [{ exports }] }) => { expect(exports.startedAt(1)).toBe(0x9A00) },
  },
  'INIT and a startup interrupt start a vCPU that has halted': {
    programs: [['run'], ['run']], vcpus: [[{ command: command(1, Init) }, { command: command(1, Startup | 0x9A) }], [{ until: 0x41 }]], bound: BOUND - 1, late: false,
    check: ({ processors: [{ exports }] }) => { expect(exports.startedAt(1)).toBe(0x9A00) },
  },
  'a VM that is held loses nothing of what its vCPUs are sent': {
    programs: [['pauseAndResume'], ['run']], vcpus: [[{ command: command(1, 0x41) }, { until: 0x42 }], [{ until: 0x41 }, { command: command(0, 0x42) }]],
    check: ({ processors: [first] }) => { expect([first.finished, ...guests.map(({ received }) => received)]).toEqual([true, [0x42], [0x41]]) },
  },
  'nothing touches a VM that was held, and then ended': {
    bound: BOUND - 1,
    programs: [['kill'], ['run'], ['run']], vcpus: [[{ command: command(1, 0x41) }, { until: 0x42 }], [{ until: 0x41 }, { command: command(0, 0x42) }]],
    check: ({ processors: [first] }) => { expect([first.finished, Boolean(first.exports.isUntouched())]).toEqual([true, true]) },
  },
  // A machine that ticks asks anew for what it was asked for before.
  'what a machine asks for while another processor has it tick is not lost': {
    bound: BOUND + 1, programs: [['askForTick'], ['tick']], setUp: ['setUpMachine'], vcpus: [[], []],
    start: () => { isAskedAnew = false },
    hw: withMachine({ tick: processor => { isAskedAnew = Boolean(processor.exports.hasAsked()) } }),
    check: ({ processors: [first] }) => { expect(isAskedAnew || Boolean(first.exports.isKept())).toBe(true) },
  },
  'what a machine asks for is by the clock that it has after a pause': {
    bound: BOUND + 1, programs: [['pauseAtRest'], ['askByClock']], setUp: ['setUpMachine'], vcpus: [[], []], hw: withMachine({ tick: () => {} }),
    check: ({ processors: [first] }) => { expect([first.finished, Boolean(first.exports.isKeptByClock())]).toEqual([true, true]) },
  },
  'a timer that is due does not wake a vCPU of a VM that was held, and then ended': {
    bound: BOUND - 1, programs: [['kill'], ['run'], ['run']], setUp: ['setUpVm', 1 << 2, 1], vcpus: [[{ until: 0x41 }], [{ until: 0x41 }]],
    check: ({ processors: [first] }) => { expect([first.finished, Boolean(first.exports.isUntouched())]).toEqual([true, true]) },
  },
  'threads of a core are never in the guests of two VMs, and one is in one': {
    programs: [['run'], ['run']], setUp: ['setUpCore', 0b11], vcpus: [[], []], hw: isolated,
    check: () => { expect(inside.size).toBe(1) },
  },
  'a core goes to another VM when the one that has it halts': {
    programs: [['run'], ['run']], setUp: ['setUpCore', 0b11], vcpus: [[{ until: 0x41 }], []], hw: isolated,
    check: () => { expect([...inside.values()]).toEqual([1]) },
  },
  'a VM that is held leaves its core before another has it': {
    bound: BOUND - 1,
    programs: [['pauseAndResume'], ['run'], ['run']], setUp: ['setUpCore', 0b110], vcpus: [[], []], hw: isolated,
    check: ({ processors: [first] }) => { expect([first.finished, inside.size]).toEqual([true, 1]) },
  },
  'a machine is not called before it was started, by nobody who meant the one before it': {
    bound: BOUND + 1, late: false, programs: [['restartMachine'], ['tick']], setUp: ['setUpMachine'], vcpus: [[], []],
    hw: withMachine({
      instantiate: () => { isStarted = false },
      start: () => { isStarted = true },
      tick: () => { if (!isStarted) throw new Error('a machine ticks that was not started') },
    }),
    check: ({ processors: [first] }) => { expect([first.finished, isStarted]).toEqual([true, true]) },
  },
}

const explore = (module: WebAssembly.Module, name: string): Host => {
  const host = hostOf(module, scenarios[name])
  host.explore()
  return host
}

describe('in every order', () => {
  test.each(Object.keys(scenarios))('%s', name => {
    const host = explore(code, name)
    expect(host.runs).toBeGreaterThan(20)
    // Of the nucleus's own words only those whose accesses nothing orders of which docs/architecture.md says why, under "What CPUs share".
    const { exports } = host.processors[0]
    const surprising = host.unordered().filter(({ address }) => (address < Words || address >= Words + 0x1000) && !exports.isUnordered(address))
    expect(surprising.map(({ address, by }) => `${address.toString(16)} in ${by}`)).toEqual([])
  }, 600_000)
})

describe('it is found when', () => {
  const mutations: [string, string, Mutation][] = [
    ['tickets are not taken atomically', 'a lock keeps all out but one', { file: 'kernel/cpu/lock.ts', from: 'const ticket = hw.fetchAdd32(changetype<usize>(lock), 1)', to: 'const ticket = lock.next\n  lock.next = ticket + 1' }],
    ['who waits for a lock does not answer', 'nobody can reach what was unmapped, whoever rests or waits for the first', { file: 'kernel/cpu/lock.ts', from: '; answer()) hw.pause()', to: ';) hw.pause()' }],
    ['the others\' flushes are not waited for', 'nobody can reach what was unmapped, whoever rests or waits for the first', { file: 'kernel/cpu/kick.ts', from: 'while (cpu(i).flushDone != wanted) hw.pause()', to: 'hw.pause()' }],
    ['that a CPU was called upon is cleared late', 'who is called upon sees what it was called for', { file: 'kernel/cpu/kick.ts', from: "if (hw.exchange32(changetype<usize>(record) + offsetof<Cpu>('calledUpon'), 0) != 0) requestOrders()", to: 'if (record.calledUpon != 0) {\n    record.calledUpon = 0\n    requestAttention()\n  }' }],
    ['lines are written without the lock', 'lines of the log stay whole', { file: 'kernel/log/log.ts', from: '  acquire(lock())\n  put(0x5B)', to: '  put(0x5B)' }],
    ['a vCPU that halts does not look again', 'a vCPU that halts is woken by what it is sent', { file: 'kernel/vm/scheduling.ts', from: '  if (vcpu.postedEvents != 0) wakeVcpu(vcpu)\n}', to: '}' }],
    ['it looks before others see that it has left the queue', 'a vCPU that halts is woken by what it is sent', { file: 'kernel/vm/scheduling.ts', from: '  hw.fence()\n  if (vcpu.postedEvents', to: '  if (vcpu.postedEvents' }],
    ['one that has halted and not yet left its processor is kicked, not woken', 'a vCPU that halts is woken by what it is sent', { file: 'kernel/vm/scheduling.ts', from: 'processor == 0 || entryOf(vcpu).runnable == 0 ? -1', to: 'processor == 0 ? -1' }],
    ['what is posted is looked at before others see that it is', 'a vCPU that computes takes what it is sent', { file: 'kernel/vm/interrupts.ts', from: '  if (severalCpus) hw.fence()', to: '  //' }],
    ['an interrupt overtakes what it is sent for', 'a vCPU that computes takes what it is sent', { file: 'kernel/interrupts/localapic.ts', from: '    hw.fence()', to: '    //' }],
    ['a vCPU that halts while it is taken off the queue goes on', 'a VM that is held loses nothing of what its vCPUs are sent', { file: 'kernel/vm/scheduling.ts', from: '  requestAttention() //', to: '  //' }],
    ['a thread picks whatever the others run', 'threads of a core are never in the guests of two VMs, and one is in one', { file: 'kernel/schedule/core.ts', from: 'return (processor.core & pool.busy & ~group.running) != 0', to: 'return false' }],
    ['a vCPU that is held gives its core up before its processor has left it', 'a VM that is held leaves its core before another has it', { file: 'kernel/schedule/ready.ts', from: '    pool.kicks |= bitOf', to: '    pool.busy &= ~bitOf(changetype<Processor>(entry.processor))\n    pool.kicks |= bitOf' }],
    ['who waits for a machine is not waited for before another takes its place', 'a machine is not called before it was started, by nobody who meant the one before it', { file: 'kernel/sandbox/sandbox.ts', from: '  acquire(box.lock) // and who waited for it, and answered meanwhile, finds it Failed, not what is made in its place\n  unlock(box.lock)\n', to: '' }],
    ['who had a machine tick says when the next may be', 'what a machine asks for while another processor has it tick is not lost', { file: 'kernel/vm/timers.ts', from: '  leastNext = 0\n', to: '  leastNext = 0\n  vm.machineDeadline = max(vm.machineDeadline, now + leastPeriod())\n' }],
    ['who resumes a VM lets its machine be called meanwhile', 'what a machine asks for is by the clock that it has after a pause', { file: 'kernel/vm/power.ts', from: 'sandbox(vm.machine).lock', to: 'sandbox(0).lock' }],
    ['who leaves a VM that is held does not say so', 'a VM that is held loses nothing of what its vCPUs are sent', { file: 'kernel/vm/run.ts', from: 'if (vm.held) callUpon(0)', to: '' }],
    ['vCPUs of a VM that is held are woken', 'a timer that is due does not wake a vCPU of a VM that was held, and then ended', { file: 'kernel/vm/scheduling.ts', from: 'vm.state == VmState.Running && !vm.held && ', to: '' }],
    ['a VM is said to be held while one of its vCPUs runs', 'nothing touches a VM that was held, and then ended', { file: 'kernel/vm/scheduling.ts', from: '  return running == 0\n', to: '  return true\n' }],
  ]
  test.each(mutations)('%s', async (_, name, mutation) => {
    const changed = await compile(mutation)
    expect(() => explore(changed, name)).toThrow(Found)
  }, 600_000)
})
