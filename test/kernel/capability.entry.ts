/** The nucleus as sandboxes reach it: one machine with a VM, one console, and the records that their imports look at. */
import { ConfigText } from '../../capability/config'
import { Span } from '../../capability/configuration'
import { BootFile } from '../../capability/file'
import { configuration, isSound } from '../../kernel/config/configuration'
import { addBootModule, bootModule, clearBootInformation } from '../../kernel/firmware/bootinformation'
import { reset as resetApic } from '../../kernel/apic/localapic'
import { initializeLog } from '../../kernel/log/log'
import { initializeQueue } from '../../kernel/log/queue'
import { initializeRing } from '../../kernel/log/ring'
import { initializeTerminal } from '../../kernel/log/terminal'
import * as words from '../../kernel/log/text'
import { addRange, initialize, reserve } from '../../kernel/memory/frames'
import { FrameTableBase, SlotBase, SlotBytes, SlotLinear, WindowLimit } from '../../kernel/memory/layout'
import { Frame } from '../../kernel/memory/block'
import { Owner } from '../../capability/owner'
import { DeviceLimit } from '../../capability/devices'
import { boardOf, setDisk } from '../../kernel/device/disks'
import { addDisk } from '../../kernel/device/pool'
import { deviceAt, poolDevice, setDeviceCount } from '../../kernel/device/table'
import { netRing } from '../../kernel/capability/net'
import { openPorts } from '../../kernel/network/port'
import { setRefused } from '../../kernel/capability/refusal'
import { setServed } from '../../kernel/capability/vcpu'
import { selectGuest } from '../../kernel/vm/mmio'
import { Capabilities, NoVm } from '../../kernel/security/capabilities'
import { sandbox, SandboxState, setName } from '../../kernel/sandbox/sandbox'
import { addVcpu, initializeScheduling } from '../../kernel/vm/scheduling'
import { apicOf } from '../../kernel/vm/vcpu'
import { blocksOf, InputBytes, inputData, inputQueue, serialData, serialRing, SerialRingBytes, setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'

export * from '../../kernel/index'
import { VmOrder } from '../../capability/admin'
export { VmRecordBytes } from '../../capability/admin'
export { StorageConfigurationBytes } from '../../capability/configuration'
import { resumeRequests } from '../../kernel/device/requests'
export { collectRequests } from '../../kernel/device/requests'

export const Machine: u32 = 1
export const Console: u32 = 2
export const Firmware: u32 = 3
export const Configuration: u32 = 4
export const Driver: u32 = 5
export const Pool: u32 = 6
export const Switch: u32 = 7

/** One boot module, with the files and texts of one VM in it; false when the nucleus does not take that. */
export function configure(base: u64, size: u64, kernelBytes: u64, moduleBytes: u64): bool {
  clearBootInformation()
  addBootModule(0, 4096)
  bootModule(0).base = base
  bootModule(0).end = base + size
  configuration().vmCount = 1
  const vm = configuration().vm(0)
  vm.memory = vm.maxMemory = 4 << 20
  vm.vcpuCount = vm.maxVcpus = 1
  vm.weight = 100
  vm.moduleCount = 1
  vm.diskCount = 1
  set(configuration().hostName, 0, 8)
  set(vm.kernelName, 8, 255)
  set(vm.text(ConfigText.Name), 1, 31)
  set(vm.text(ConfigText.CommandLine), 64, 4095)
  set(vm.text(ConfigText.ModuleCommandLine), size - 100, 100)
  set(vm.file(BootFile.Kernel), 4096, kernelBytes)
  set(vm.file(BootFile.Initrd), size - moduleBytes, moduleBytes)
  set(vm.file(BootFile.FirstModule), size - moduleBytes, moduleBytes)
  return isSound()
}

function set(span: Span, offset: u64, length: u64): void {
  span.offset = offset
  span.length = length
}

/** `pages` of 64 KiB for each sandbox; RAM of the host from 0 to `ramEnd`, the first MiB of it the firmware's; guest RAM in two blocks, the second away from the first and not beside it for the guest. */
export function prepare(pages: u32, firstBlock: u64, secondBlock: u64, ramEnd: u64): void {
  memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  initialize(FrameTableBase, ramEnd)
  addRange(0, ramEnd)
  reserve(0, 1 << 20, Owner.Firmware)
  initializeLog()
  initializeTerminal()
  initializeScheduling()
  make(Machine, pages)
  make(Console, pages)
  make(Firmware, pages)
  make(Configuration, pages)
  make(Driver, pages)
  make(Pool, pages)
  make(Switch, pages)
  openPorts(sandbox(Machine), 0, 2)
  netRing(Machine, 0, 0, 4096)
  netRing(Machine, 1, 1, 4096)
  sandbox(Pool).device = DeviceLimit
  poolDevice().subject = Pool
  attach()
  addDisk(0, 0)
  sandbox(Machine).vm = 0
  const vm = vmAt(0)
  vm.state = 1
  vm.weight = 100
  vm.vcpuCount = 1
  vm.memoryBytes = 2 * Frame.LargeBytes
  vm.blockCount = 3
  vm.machine = Machine
  vm.machineDeadline = u64.MAX_VALUE
  store<u32>(blocksOf(vm), <u32>(firstBlock >> Frame.Shift))
  store<u32>(blocksOf(vm) + 8, <u32>(secondBlock >> Frame.Shift))
  initializeRing(serialRing(vm), serialData(vm), SerialRingBytes)
  initializeQueue(inputQueue(vm), inputData(vm), InputBytes)
  setVmCount(1)
  const vcpu = vcpuAt(vm, 0)
  vcpu.control = changetype<usize>(vcpu) + 0x1000
  vcpu.deadline = u64.MAX_VALUE
  const apic = apicOf(vcpu)
  apic.page = changetype<usize>(vcpu) + 0x2000
  resetApic(apic, 0, true)
  addVcpu(vm, vcpu)
  setRefused(vcpu)
}

/** The VM's disk is the only unit of a device, whose driver the sandbox is. */
export function attach(): void {
  setDeviceCount(1)
  const device = deviceAt(0)
  device.subject = Driver
  device.deadline = u64.MAX_VALUE
  device.unit(0).blocks = 1 << 20
  device.unit(0).blockBytes = device.unit(0).physicalBlockBytes = 512
  device.unit(0).maxBlocks = 8
  setDisk(boardOf(vmAt(0)).disk(0), 0, 0)
}

/** The VM's disk is volume 5 of the pool, a MiB. */
export function attachVolume(): void {
  const unit = boardOf(vmAt(0)).volume(0)
  unit.blocks = 2048
  unit.blockBytes = 512
  unit.maxBlocks = 1 << 20
  const disk = boardOf(vmAt(0)).disk(0)
  disk.number = DeviceLimit
  disk.unit = 5
  disk.about = changetype<usize>(unit)
  disk.blocks = unit.blocks
}

function make(subject: u32, pages: u32): void {
  const box = sandbox(subject)
  box.subject = subject
  box.vm = NoVm
  box.state = SandboxState.Running
  box.pages = pages
  box.pageLimit = pages
  box.linear = SlotBase + <u64>subject * SlotBytes + SlotLinear
  words.bytes(changetype<usize>(box), 8)
  setName(box)
}

/** Three more blocks of RAM, which the host has in one place. */
export function growRam(): void {
  const vm = vmAt(0)
  vm.blockCount = 6
  for (let block: usize = 3; block < 6; block++) store<u32>(blocksOf(vm) + (block << 2), load<u32>(blocksOf(vm)))
}

/** Its order is to pause; and it goes on. */
export function isToPause(): bool { return vmAt(0).order == VmOrder.Pause + 1 }
export function goOn(): void {
  vmAt(0).order = 0
  resumeRequests(vmAt(0))
}

/** The VM runs, or is being stopped; and its next run has no request under way. */
export function setRunning(is: bool): void { vmAt(0).state = is ? 1 : 0 }
export function forgetRequests(): void { memory.fill(changetype<usize>(boardOf(vmAt(0))), 0, 0x20) }

/** Its machine has ended, or begins. */
export function setMachine(subject: u32): void { vmAt(0).machine = subject }

/** The VM's vCPU has left its guest to switch tasks, or for an instruction; or its machine has carried that out. */
export function letServe(isServed: bool, isTask: bool): void {
  if (isServed) selectGuest(vcpuAt(vmAt(0), 0))
  setServed(isServed ? vcpuAt(vmAt(0), 0) : null, isTask)
}
/** Where it begins with its record. */
export function vmAddress(): usize { return changetype<usize>(vmAt(0)) }
/** Where what is configured of the pool is, and the switches' records. */
export function storageAddress(): usize { return changetype<usize>(configuration().storage) }
export function ordersAddress(): usize { return changetype<usize>(configuration().order(0)) }
/** Where its registers are, and its control block. */
export function vcpuAddress(): usize { return changetype<usize>(vcpuAt(vmAt(0), 0)) }

export function linearOf(subject: u32): u64 { return sandbox(subject).linear }
/** Where the nucleus's own static data ends. */
export function staticEnd(): usize { return __heap_base }
/** What no import may change. */
export function fingerprint(subject: u32): u64 {
  let mark: u64 = 0
  for (let at: usize = 0; at < offsetof<Capabilities>(); at += 8) mark = mark * 31 + load<u64>(changetype<usize>(sandbox(subject)) + at)
  return mark
}
