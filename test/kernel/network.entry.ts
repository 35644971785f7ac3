/** The nucleus's way of frames, between two machines, a driver and the switch: their records, without anything that runs. */
import { Frame } from '../../kernel/memory/block'
import { SlotBase, SlotBytes, SlotLinear, WindowLimit } from '../../kernel/memory/layout'
import { closePorts as closeAll, openPorts } from '../../kernel/network/port'
import { sandbox, SandboxState } from '../../kernel/sandbox/sandbox'
import { NoVm } from '../../kernel/security/capabilities'
import { blocksOf, vmAt } from '../../kernel/vm/vm'

export { netAccept, netAnnounce, netCount, netOffer, netRing, netWithdraw } from '../../kernel/capability/net'
export { switchDeliver, switchNumber, switchPause, switchTake } from '../../kernel/capability/switch'
export { areFrames, forgetSwitch } from '../../kernel/network/frames'
export function closePorts(subject: u32): void { closeAll(sandbox(subject)) }
export function reopenPorts(subject: u32, first: u32): void { openPorts(sandbox(subject), first, 1) }

const FramesOfBlock: u32 = Frame.LargeBytes >> Frame.Shift

/** Sandboxes 1 and 2 are machines, each with three blocks of guest memory of which the second is missing; 3 is a driver, 4 the switch. Ports 0, 1 and 2 are theirs. */
export function prepare(pages: u32, firstBlock: u32): void {
  memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  for (let subject: u32 = 1; subject <= 4; subject++) {
    const box = sandbox(subject)
    box.subject = subject
    box.state = SandboxState.Running
    box.pages = box.pageLimit = pages
    box.linear = linearOf(subject)
    box.vm = subject < 3 ? subject - 1 : NoVm
    if (subject < 4) openPorts(box, subject - 1, 1)
    if (subject > 2) continue
    const vm = vmAt(box.vm)
    vm.blockCount = 3
    store<u32>(blocksOf(vm), firstBlock + box.vm * 2 * FramesOfBlock)
    store<u32>(blocksOf(vm) + 8, firstBlock + (box.vm * 2 + 1) * FramesOfBlock)
  }
}

export function linearOf(subject: u32): u64 { return SlotBase + <u64>subject * SlotBytes + SlotLinear }
