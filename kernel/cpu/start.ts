/** Starting the other processors: INIT, then two startup interrupts, as SDM vol. 3, 9.4.4 has it. One after the other, in the order of the MADT. */
import * as hw from '../hw'
import { acpi } from '../firmware/acpi'
import { nextUsable, usableBase, usableEnd } from '../firmware/memorymap'
import { isReachable, localApicId, sendInit, sendStartup } from '../interrupts/localapic'
import { commit, say } from '../log/log'
import * as words from '../log/text'
import { copyFrame, mapCode, unmapPage } from '../memory/paging'
import { toTicks } from '../time/clock'
import { makeVirtualizationFrames } from '../vm/host'
import { Cpu, cpu, CpuLimit, CpuState, expectOthers, makeCpu, numberStarting } from './cpu'
import { forkNucleus } from './fork'

const PageBytes: u64 = 4096
@inline const LowEnd: u64 = 0xA_0000 // a startup interrupt names a page below 1 MiB; from here on are devices and firmware
@inline const Patience: u64 = 1_000_000_000 // nanoseconds; hardware takes microseconds, an emulator its time
@inline const AfterInit: u64 = 10_000_000
@inline const AfterStartup: u64 = 200_000
const EferMsr: u32 = 0xC000_0080
@inline const EferBits: u64 = 1 << 8 | 1 << 11 // LME, NXE

/** What the trampoline is told, at its end. */
const Told: u64 = 16
namespace Offset {
  export const Efer: u64 = 0
  export const FirstRoot: u64 = 4
  export const OwnRoot: u64 = 8
}

/** Starts all processors that the firmware names. What does not start is reported and done without. */
export function startCpus(): void {
  if (acpi().cpuCount < 2) return
  expectOthers()
  const page = trampolinePage()
  const kept = page != 0 ? copyFrame(page) : 0
  if (kept == 0 || !mapCode(page, page)) return say('all processors but the first are done without: no page below 640 KiB, or no memory, for them to start in')
  const length = hw.imageAddress(hw.ImageAddress.TrampolineEnd) - hw.imageAddress(hw.ImageAddress.TrampolineStart)
  hw.copy(page, hw.imagePhysical(hw.ImageAddress.TrampolineStart), length)
  let count: u32 = 1
  for (let i: u32 = 0; i < acpi().cpuCount; i++) {
    const apicId = acpi().cpu(i).apicId
    if (apicId == localApicId()) continue
    if (count == CpuLimit) fail(apicId, 'the hypervisor runs on 32 at most')
    else if (start(count, apicId, page, page + length - Told)) cpu(0).online = ++count
  }
  unmapPage(page)
  hw.copy(page, kept, PageBytes)
}

/** The highest page of RAM below 640 KiB; 0 when there is none. */
function trampolinePage(): u64 {
  let found: u64 = 0
  for (let from: u64 = 0; nextUsable(from) && usableBase < LowEnd; from = usableEnd) {
    const end = min(usableEnd, LowEnd) & ~(PageBytes - 1)
    if (end >= usableBase + PageBytes) found = end - PageBytes
  }
  return found
}

/** False when the processor is not there afterwards. */
function start(number: u32, apicId: u32, page: u64, told: u64): bool {
  if (!isReachable(apicId)) return fail(apicId, 'its local APIC can be reached in x2APIC mode only, which the firmware did not choose')
  if (!makeCpu(number)) return fail(apicId, 'no memory for its record')
  const record = cpu(number)
  record.apicId = apicId
  numberStarting(number)
  const root = makeVirtualizationFrames() ? forkNucleus() : 0
  numberStarting(0)
  if (root == 0) return giveUp(record, 'no memory for a nucleus of its own')
  hw.store32(told + Offset.Efer, <u32>(hw.readMsr(EferMsr) & EferBits))
  hw.store32(told + Offset.FirstRoot, <u32>hw.readCr3())
  hw.store64(told + Offset.OwnRoot, root)
  sendInit(apicId)
  wait(AfterInit)
  sendStartup(apicId, <u32>(page >> 12))
  wait(AfterStartup)
  if (record.state == CpuState.Absent) sendStartup(apicId, <u32>(page >> 12))
  for (const end = hw.readTsc() + toTicks(Patience); record.state == CpuState.Absent && hw.readTsc() < end;) hw.pause()
  if (record.state == CpuState.Absent) {
    sendInit(apicId) // one that is late must not begin in a page that is something else by then
    return giveUp(record, 'it does not answer')
  }
  if (record.state == CpuState.Failed) return giveUp(record, 'guests cannot run on it')
  if (!keepsTime(number)) return giveUp(record, 'its TSC does not agree with the first processor\'s')
  record.state = CpuState.Online
  return true
}

function wait(nanoseconds: u64): void { for (const end = hw.readTsc() + toTicks(nanoseconds); hw.readTsc() < end;) hw.pause() }

/**
 * The processor shows its TSC over and over. What it shows was read before it is seen, and after what was shown before: guests that go from
 * one CPU to the other must never see time go back.
 */
function keepsTime(number: u32): bool {
  const record = cpu(number)
  for (let round: u32 = 0; round < 16; round++) {
    const before = hw.readTsc()
    const old = record.shownTsc
    let shown = old
    for (const end = before + toTicks(Patience); shown == old && hw.readTsc() < end; shown = record.shownTsc) hw.pause()
    // The first one seen may have been read before `before` and become visible after it; the next cannot.
    const next = shown
    for (const end = before + toTicks(Patience); shown == next && hw.readTsc() < end; shown = record.shownTsc) hw.pause()
    if (shown < before || shown > hw.readTsc()) return false
  }
  return true
}

function giveUp(record: Cpu, why: string): bool {
  record.state = CpuState.Failed
  return fail(record.apicId, why)
}

function fail(apicId: u32, why: string): bool {
  words.text('processor with APIC id ')
  words.decimal(apicId)
  words.text(' is done without: ')
  say(why)
  return false
}
