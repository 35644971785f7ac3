/**
 * What the administration console may see and do. Questions are answered at once from the nucleus's tables; an order is
 * carried out when the current call into the console returns, and its outcome is read from `VmRecord.state` or the log.
 * Text functions copy at most `capacity` bytes of UTF-8 to `target` and return the full length. Tables are dense: index 0 to count - 1.
 */

/** What an order was answered with. */
export namespace AdminStatus {
  export const Ok: i32 = 0
  export const NoSuchObject: i32 = 1
  export const WrongState: i32 = 2 // the VM is not in a state in which this is possible
  export const OutOfRange: i32 = 3
  export const NoMemory: i32 = 4
  export const Unsupported: i32 = 5 // e.g. no hardware virtualization: HostNumber.Blocked says why
}

export namespace VmState {
  export const Stopped: u32 = 0
  export const Running: u32 = 1
  export const Paused: u32 = 2
  export const Crashed: u32 = 3 // onCrash 'stop' or too many restarts; VmText.Reason says why
}

export namespace RestartPolicy {
  export const Restart: u32 = 0
  export const Stop: u32 = 1
  export const Pause: u32 = 2
}

/** What there is to know of a VM, its texts and its exits apart. Times are nanoseconds. */
@unmanaged export class VmRecord {
  index: u32 //         00h  the number by which this capability calls it
  state: u32 //         04h  VmState
  weight: u32 //        08h
  onReboot: u32 //      0Ch  RestartPolicy
  onCrash: u32 //       10h
  mirror: u32 //        14h  1: guest serial output also appears on the host console
  autostart: u32 //     18h
  vcpuCount: u32 //     1Ch  that it can have without being stopped first
  vcpusAsked: u32 //    20h  that its administrator wants it to have
  cap: u32 //           24h  percent of one processor that it has at most; 0: no limit
  restarts: u32 //      28h  resets and restarts since the host booted
  protocol: u32 //      2Ch  BootProtocol
  memoryBytes: u64 //   30h  of RAM at the most in this run: its address space
  affinity: u64 //      38h  processors that may run its vCPUs, bit n for number n; 0: all
  preferred: u64 //     40h  those that should, where there is a choice; 0: none in particular
  unbacked: u64 //      48h  ports and addresses that nothing answered, when last asked
  cpuTime: u64 //       50h  of host CPU, in guest mode and on its behalf, since the last start
  uptime: u64 //        58h  of guest time since start
  machineTime: u64 //   60h  in its machine's sandbox since the last start
  overheadBytes: u64 // 68h  host memory beyond guest RAM
  firstPort: u32 //     70h  of the switches', capability/switch.ts: that of its first network interface, and the others' follow
  interfaceCount: u32 //74h
  memoryWanted: u64 //  78h  bytes of RAM that its guest is to keep
  memoryMinimum: u64 // 80h  the least of that
  memoryMaximum: u64 // 88h  the most; `memoryBytes` is that or, where the host had no room for it at the start, what was wanted then
  memoryWeight: u32 //  90h  its share where memory is moved unasked; 0: none is
  reserved: u32 //      94h
  guestMemory: u64 //   98h  what its guest says of its memory: a word for each MemoryReport of ram.ts
  guestMemory1: u64 //  A0h
  guestMemory2: u64 //  A8h
  guestMemory3: u64 //  B0h
  guestMemory4: u64 //  B8h
  guestMemory5: u64 //  C0h
}
/** Bytes of a VmRecord. */
export const VmRecordBytes: u32 = 0xC8

/** One vCPU of a VM that runs or is paused; of any other VM all is 0. */
export namespace VcpuNumber {
  export const State: u32 = 0 // VcpuState
  export const CpuTime: u32 = 1 // nanoseconds since the VM's last start or reset
  export const StealTime: u32 = 2 // nanoseconds in which it wanted a CPU and had none
}

export namespace VcpuState {
  export const Runnable: u32 = 0
  export const Halted: u32 = 1
  export const WaitingForStartup: u32 = 2 // for its guest's INIT and startup IPI
  export const Absent: u32 = 3 // not plugged in, or given up by the guest
}

export namespace VmText {
  export const Name: u32 = 0
  export const Reason: u32 = 1 // why it last stopped, in words; empty if it never did
  export const Kernel: u32 = 2 // file name
  export const CommandLine: u32 = 3
  export const ConsolePorts: u32 = 4 // as ConfigText has them
}

export namespace VmOrder {
  export const Start: u32 = 0
  export const PowerButton: u32 = 1
  export const Kill: u32 = 2
  export const Reset: u32 = 3
  export const Pause: u32 = 4
  export const Resume: u32 = 5
}

/** Keys of `vmSet`. */
export namespace VmSetting {
  export const Weight: u32 = 0 // 1–10000
  export const Mirror: u32 = 1 // 0, 1
  export const OnReboot: u32 = 2 // RestartPolicy
  export const OnCrash: u32 = 3 // RestartPolicy
  export const Cap: u32 = 4 // 0–3200
  export const Affinity: u32 = 5 // of processors that the host has
  export const Preferred: u32 = 6 // the same
  export const VcpuCount: u32 = 7 // 1–32; while it runs or is paused at most VmRecord.vcpuCount, and its guest decides about those that are to go
  export const MemoryWanted: u32 = 8 // 2 MiB–VmRecord.memoryMaximum, a multiple of 2 MiB: its guest decides whether it follows
}

export namespace HostNumber {
  export const RamBytes: u32 = 0
  export const FreeBytes: u32 = 1
  export const CpuCount: u32 = 2 // processors that run the nucleus
  export const CpuPresent: u32 = 3 // processors that the firmware reports
  export const TscFrequency: u32 = 4 // Hz
  export const Uptime: u32 = 5 // nanoseconds
  export const SerialPort: u32 = 6 // 1: there is one at COM1's ports
  export const CoreScheduling: u32 = 7 // 1: vCPUs of two VMs never run on one core at the same time
  export const ApicTimerFrequency: u32 = 8 // Hz
  export const Epoch: u32 = 9 // seconds since 1970 at boot
  export const Blocked: u32 = 10 // why guests cannot run, a Blocked of virtualization.ts; 0: they can
  export const Vendor: u32 = 11 // whose hardware virtualization it is, a Vendor
  export const Identifiers: u32 = 12 // ASIDs or VPIDs, the host's among them
  export const Cr4: u32 = 13 // of the processor that asks
  export const Features: u32 = 0x100 // + index of a 64-bit word of what this vendor's CPU offers, in virtualization.ts's order
}

/** Keys of `hostSet`. */
export namespace HostSetting {
  export const CoreScheduling: u32 = 0 // 0, 1
}

/** A processor that runs the nucleus. Times are nanoseconds since it came online, each counted once; what is left is the nucleus's own. */
export namespace CpuNumber {
  export const Online: u32 = 0
  export const Guests: u32 = 1 // in guests, and on their exits
  export const Sandboxes: u32 = 2
  export const Idle: u32 = 3 // halted
  export const Waiting: u32 = 4 // for what another processor had locked
  export const ForcedIdle: u32 = 5 // while its core ran one VM, and of others vCPUs waited that it might have run: what it did meanwhile, resting or not, is counted above
  export const Core: u32 = 6 // the processors of its core, bit n for number n
}

export namespace HostText {
  export const Version: u32 = 0
  export const BootLoader: u32 = 1
  export const Name: u32 = 2 // the configuration's name for this host
  export const Clock: u32 = 3 // what the TSC was calibrated against
}

export namespace SandboxNumber {
  export const State: u32 = 0 // 0 free slot: nothing else is to be known of it; 1 running, 2 failed
  export const MemoryBytes: u32 = 1
  export const Calls: u32 = 2
  export const Restarts: u32 = 3
  export const Generation: u32 = 4
  export const CpuTime: u32 = 5 // nanoseconds
}

export namespace SandboxText {
  export const Name: u32 = 0 // e.g. 'machine web', 'driver uart'
  export const Trap: u32 = 1 // the last trap: module, TypeScript file:line and reason; empty if none
}

export namespace PowerOrder {
  export const Off: u32 = 0
  export const Reboot: u32 = 1
}

@external('admin', 'vmCount') export declare function vmCount(): u32
/** Copies a VmRecord to `target`; false where there is no such VM. */
@external('admin', 'vmRecord') export declare function vmRecord(vm: u32, target: usize): bool
/** Exits for a reason, an Exit of exit.ts, since the VM's last start. */
@external('admin', 'vmExits') export declare function vmExits(vm: u32, reason: u32): u64
@external('admin', 'vcpuNumber') export declare function vcpuNumber(vm: u32, vcpu: u32, key: u32): u64
@external('admin', 'vmText') export declare function vmText(vm: u32, key: u32, target: usize, capacity: u32): u32
@external('admin', 'vmOrder') export declare function vmOrder(vm: u32, order: u32): i32
@external('admin', 'vmSet') export declare function vmSet(vm: u32, setting: u32, value: u64): i32

@external('admin', 'hostNumber') export declare function hostNumber(key: u32): u64
@external('admin', 'hostSet') export declare function hostSet(setting: u32, value: u64): i32
/** `cpu` counts from 0 to HostNumber.CpuCount - 1. */
@external('admin', 'cpuNumber') export declare function cpuNumber(cpu: u32, key: u32): u64
/** A register of the host's CPUID, subleaf 0: 0 is EAX, 1 EBX, 2 ECX, 3 EDX. */
@external('admin', 'cpuid') export declare function cpuid(leaf: u32, register: u32): u32
@external('admin', 'hostText') export declare function hostText(key: u32, target: usize, capacity: u32): u32

/** The share of host memory that an Owner of owner.ts has. All together are RamBytes exactly. */
@external('admin', 'memoryBytes') export declare function memoryBytes(owner: u32): u64

/** Slots for sandboxes, free ones among them, by the numbers that owner.ts counts by. */
@external('admin', 'sandboxCount') export declare function sandboxCount(): u32
@external('admin', 'sandboxNumber') export declare function sandboxNumber(sandbox: u32, key: u32): u64
@external('admin', 'sandboxText') export declare function sandboxText(sandbox: u32, key: u32, target: usize, capacity: u32): u32
@external('admin', 'sandboxRestart') export declare function sandboxRestart(sandbox: u32): i32

/** A register of a PCI function's configuration space: bus in bits 23:16, device 15:11, function 10:8, register 7:2. All ones where there is no such function. */
@external('admin', 'pciRead') export declare function pciRead(address: u32): u32

/**
 * Positions in the log and in a VM's serial output count bytes since boot (or since the VM was created); the ring behind
 * them keeps the newest. A read from a position that was overwritten starts at the oldest byte kept: begin = end - what is kept.
 */
@external('admin', 'logBegin') export declare function logBegin(): u64
@external('admin', 'logEnd') export declare function logEnd(): u64
/** Copies at most `capacity` bytes from `position` (clamped into the ring); returns how many. Log lines end in \n. */
@external('admin', 'logRead') export declare function logRead(position: u64, target: usize, capacity: u32): u32
@external('admin', 'serialBegin') export declare function serialBegin(vm: u32): u64
@external('admin', 'serialEnd') export declare function serialEnd(vm: u32): u64
@external('admin', 'serialRead') export declare function serialRead(vm: u32, position: u64, target: usize, capacity: u32): u32
/** Sends bytes to the guest's serial port; returns how many the ring took. */
@external('admin', 'serialWrite') export declare function serialWrite(vm: u32, source: usize, length: u32): u32

/** Bytes typed at the host console, at most `capacity`; returns how many. */
@external('admin', 'terminalRead') export declare function terminalRead(target: usize, capacity: u32): u32
/** Shows bytes on the host console; returns how many the ring took (the rest is to be offered again on the next wake). */
@external('admin', 'terminalWrite') export declare function terminalWrite(source: usize, length: u32): u32

/** Has an order, a StorageOrder of storage.ts, carried out by the pool's service. False while another one is, or where there is no such service. */
@external('admin', 'storageOrder') export declare function storageOrder(source: usize): bool
/** Copies the StorageAnswer to it to `target`, once. False while there is none; `wake` is called when there is. */
@external('admin', 'storageAnswer') export declare function storageAnswer(target: usize): bool

/** Copies what is known of a disk that the pool's service has, by the number that StorageOrder.devices means, to `target`: a BlockUnit of block.ts with its serial number, 96 bytes. False when there is none. */
@external('admin', 'storageDevice') export declare function storageDevice(device: u32, target: usize): bool

/** The same for the switches' service, with a SwitchOrder and a SwitchAnswer of switch.ts. */
@external('admin', 'switchOrder') export declare function switchOrder(source: usize): bool
@external('admin', 'switchAnswer') export declare function switchAnswer(target: usize): bool

@external('admin', 'power') export declare function power(order: u32): i32

/**
 * Asks for one `wake` when HostNumber.Uptime reaches `deadline`, replacing what was asked before; a deadline that has passed
 * wakes at once after the current call, u64.MAX_VALUE asks for none.
 */
@external('admin', 'wakeAt') export declare function wakeAt(deadline: u64): void
