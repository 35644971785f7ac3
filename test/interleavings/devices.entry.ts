/** What a machine, which any processor calls, and the first one do at the same time with rings of frames and with requests to disks: each export is what one of them does. */
import { DiskOperation, DiskStatus } from '../../capability/disk'
import { NetRing } from '../../capability/net'
import { Delivery } from '../../capability/switch'
import { VmState } from '../../capability/admin'
import { diskCompleted, diskSubmit } from '../../kernel/capability/disk'
import { netOffer, netRing, netWithdraw } from '../../kernel/capability/net'
import { configuration } from '../../kernel/config/configuration'
import { cpu } from '../../kernel/cpu/cpu'
import { acquire, release } from '../../kernel/cpu/lock'
import { boardOf, setDisk } from '../../kernel/device/disks'
import { collectRequests, give, isWaiting, nextAsker, takeAnswer, tellMachines } from '../../kernel/device/requests'
import { deviceAt } from '../../kernel/device/table'
import * as hw from '../../kernel/hw'
import { WindowBase } from '../../kernel/memory/layout'
import { areFrames, deliver, endTaken, takeNext } from '../../kernel/network/frames'
import { networkLock, openPorts, Port, portAt } from '../../kernel/network/port'
import { sandbox, Sandbox, SandboxState } from '../../kernel/sandbox/sandbox'
import { NoVm } from '../../kernel/security/capabilities'
import { attention, clearAttention } from '../../kernel/vm/attention'
import { haltCpu } from '../../kernel/vm/idle'
import { entryOf } from '../../kernel/vm/vcpu'
import { groupOf, vcpuAt, vmAt } from '../../kernel/vm/vm'
import { setUp } from './races.entry'

export { onInterrupt } from './races.entry'

/** What the processors share: (key 0 address, 1 length) of each region; 0 after the last. */
export function region(index: u32, key: u32): usize {
  switch (index) {
    case 0: return key == 0 ? changetype<usize>(cpu(0)) : 0x2000
    case 1: return key == 0 ? changetype<usize>(networkLock()) : 0x2000
    case 2: return key == 0 ? WindowBase : 0x1000
    case 3: return key == 0 ? changetype<usize>(boardOf(vmAt(0))) : 0x4000
    case 4: return key == 0 ? changetype<usize>(deviceAt(0)) : 0x1000
    case 5: return key == 0 ? changetype<usize>(sandbox(0)) : 0x2000
  }
  return 0
}

@inline function machine(): Sandbox { return sandbox(1) }
/** In its memory: the ring of what it sends, the one that it has after that, and the one that it receives by; and where the switch has its frames. */
@inline const Sending: u32 = 0x1_0000
@inline const SendingAgain: u32 = 0x2_0000
@inline const Receiving: u32 = 0x3_0000
@inline const Taken: u32 = 0x4_0000
const delivery = changetype<Delivery>(memory.data(32, 8))
const HeaderBytes: u32 = 12
const FrameBytes: u32 = 60

/** A machine with two interfaces, of which the second has room for eight frames, and both processors. */
export function setUpNetwork(number: u32, count: u32): void {
  setUp(number, count)
  if (number != 0) return
  const box = machine()
  box.subject = 1
  box.vm = NoVm
  box.state = SandboxState.Running
  box.pages = 16
  openPorts(box, 0, 2)
  portAt(1).queues = 1
  netRing(1, 0, NetRing.Send, Sending)
  netRing(1, 1, NetRing.FirstReceive, Receiving)
  netOffer(1, 1, NetRing.FirstReceive, 8)
}

/** It sends frames, one a call. */
export function sendFrames(count: u32): void {
  for (let i: u32 = 1; i <= count; i++) {
    acquire(machine().lock)
    netOffer(1, 0, NetRing.Send, i)
    release(machine().lock)
  }
}

/** It sends two frames, takes back what has not been passed on, says so, and sends two of another ring. */
export function takeFramesBack(): void {
  acquire(machine().lock)
  netOffer(1, 0, NetRing.Send, 2)
  release(machine().lock)
  acquire(machine().lock)
  netWithdraw(1, 0, NetRing.Send)
  hw.zero(0, 4096)
  netRing(1, 0, NetRing.Send, SendingAgain)
  netOffer(1, 0, NetRing.Send, 2)
  release(machine().lock)
}

/** The first processor, and the switch: all that is sent goes to the second interface, two frames a call. */
export function passFrames(): void {
  for (;;) {
    clearAttention()
    do {
      endTaken()
      let taken: u32 = 0
      while (taken < 2 && takeNext(machine(), Taken + taken * 160)) taken++
      for (let i: u32 = 0; i < taken; i++) {
        delivery.frame = i
        delivery.port = 1
        delivery.head = Taken + i * 160 + 16
        delivery.headBytes = delivery.from = HeaderBytes
        delivery.bytes = FrameBytes - HeaderBytes
        deliver(delivery, machine())
      }
    } while (areFrames())
    endTaken()
    if (attention == 0) haltCpu()
  }
}
/** Frames of the ring that there is with which the switch has done, and those that it has. */
export function framesDone(): u32 { return portAt(0).ring(NetRing.Send).done }
export function framesTaken(): u32 { return portAt(0).taken }

/** Whether a processor is to look at something else than its guest. */
export function isWanted(): bool { return attention != 0 }

/** A VM with a disk, which is a drive of the host. */
export function setUpDisks(number: u32, count: u32): void {
  setUp(number, count)
  configuration().vm(0).diskCount = 1
  if (number != 0) return
  const box = machine()
  box.subject = 1
  box.vm = 0
  box.state = SandboxState.Running
  const vm = vmAt(0)
  vm.machine = 1
  vm.diskCompleted = Completed
  vm.state = VmState.Running
  groupOf(vm).weight = 1
  entryOf(vcpuAt(vm, 0)).group = changetype<usize>(groupOf(vm)) // which pays for what its machine is told
  const unit = deviceAt(0).unit(0)
  unit.blockBytes = 512
  unit.blocks = 1 << 20
  setDisk(boardOf(vm).disk(0), 0, 0)
}
/** The address of the machine's function. */
@inline const Completed: u64 = 1

/** Calls of the machine, which asks its disk for something each time. */
export function ask(count: u32): void {
  for (let tag: u32 = 0; tag < count; tag++) {
    acquire(machine().lock)
    diskSubmit(1, 0, DiskOperation.Flush, tag, 0, 0, 0, 0)
    release(machine().lock)
  }
}

/** The first processor, and a driver that does at once what it is asked for. */
export function serve(): void {
  for (;;) {
    clearAttention()
    collectRequests()
    const device = deviceAt(0)
    while (isWaiting(device)) {
      const asker = nextAsker(device)
      const slot = <u32>ctz(load<u64>(device.waiting(asker)))
      give(device, asker, slot)
      takeAnswer(device, asker << 6 | slot, DiskStatus.Ok)
    }
    tellMachines()
    if (attention == 0) haltCpu()
  }
}
/** The machine has been told: what has ended, a bit for each by its tag. */
export function completed(): u32 {
  let ended: u32 = 0
  for (let answer = diskCompleted(1); answer >= 0; answer = diskCompleted(1)) ended |= 1 << <u32>answer
  return ended
}
export function isBusy(): bool { return boardOf(vmAt(0)).busy != 0 }

/** Whether processors may access a word without an order: docs/architecture.md, "What CPUs share", says why. */
export function isUnordered(address: usize): bool { return address == changetype<usize>(portAt(0)) + offsetof<Port>('taken') }
