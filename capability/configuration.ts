/** The layout of the record that the reader of the configuration leaves for the nucleus, which copies it, checks it and ends that sandbox. */
import { BootFile } from './file'
import { ConfigText } from './config'

/** How many of each there may be at most. */
export namespace ConfigurationLimit {
  export const Vms: u32 = 64
  export const Modules: u32 = 64 // of one VM
  export const Vcpus: u32 = 32
  export const Weight: u32 = 10000
  export const Cap: u32 = 3200 // percent of one processor
  export const Processors: u32 = 32 // of the host, that run VMs
  export const Disks: u32 = 8 // of one VM
}
/** Bytes of a VM's RAM at most. */
@inline export const MemoryLimit: u64 = 1 << 40

/** Files of one VM, by BootFile. */
export const FileCapacity: u32 = BootFile.FirstModule + ConfigurationLimit.Modules
/** Texts of one VM, by ConfigText. */
export const TextCapacity: u32 = ConfigText.ModuleCommandLine + ConfigurationLimit.Modules

/** Bytes of the boot module; all zero is none. */
@unmanaged export class Span {
  offset: u64 // 00h
  length: u64 // 08h
}

/** Bytes of a medium's serial number at most. */
export const DiskNameLimit: u32 = 64

/** One disk of a VM: the medium of the host that has this serial number, whole, or the volume of the pool that is called so. */
@unmanaged export class DiskConfiguration {
  readOnly: u32 //    00h  1: the VM may not write it
  nameLength: u32 //  04h
  isVolume: u32 //    08h  1: it is one
  reserved: u32 //    0Ch

  // 10h  the serial number or the name, printable ASCII, zero behind it
  @inline get name(): usize { return changetype<usize>(this) + 0x10 }
}
/** Bytes of a DiskConfiguration with its name. */
export const DiskConfigurationBytes: u32 = 0x10 + DiskNameLimit

/** One VM. */
@unmanaged export class VmConfiguration {
  memory: u64 //      00h  bytes, a multiple of 2 MiB
  vcpuCount: u32 //   08h
  protocol: u32 //    0Ch  BootProtocol
  autostart: u32 //   10h
  mirror: u32 //      14h
  weight: u32 //      18h
  onReboot: u32 //    1Ch  RestartPolicy
  onCrash: u32 //     20h
  moduleCount: u32 // 24h
  cap: u32 //         28h  percent of one processor; 0 is no limit
  maxVcpus: u32 //    2Ch  that it can have while it runs; vcpuCount at least
  affinity: u64 //    30h  bit n: processor n of the host may run it; 0 is all
  preferred: u64 //   38h  the same of those that should; 0 is none in particular
  devices: u64 //     40h  bits of VirtualDevice
  diskCount: u32 //   48h
  reserved: u32 //    4Ch

  @inline get kernelName(): Span { return this.span(0) }
  @inline text(key: u32): Span { return this.span(1 + key) }
  @inline file(file: u32): Span { return this.span(1 + TextCapacity + file) }

  // 50h  the disks, and behind them the spans
  @inline disk(index: u32): DiskConfiguration { return changetype<DiskConfiguration>(changetype<usize>(this) + 0x50 + <usize>index * DiskConfigurationBytes) }
  @inline span(index: u32): Span { return changetype<Span>(changetype<usize>(this) + SpansAt + (<usize>index << 4)) }
}
const SpansAt: u32 = 0x50 + ConfigurationLimit.Disks * DiskConfigurationBytes
/** Spans of one VM. */
export const SpanCapacity: u32 = 1 + TextCapacity + FileCapacity
/** Bytes of a VmConfiguration with its disks and spans. */
export const VmConfigurationBytes: u32 = SpansAt + SpanCapacity * 16

/** All that is configured. All zero is no VM. */
@unmanaged export class Configuration {
  base: u64 //        00h  hpa of the boot module that the spans are of, which the nucleus puts here
  module: u32 //      08h  its number
  vmCount: u32 //     0Ch
  coreScheduling: u32 // 10h  1: vCPUs of two VMs never run on one core at the same time

  // 18h  the host's name
  @inline get hostName(): Span { return changetype<Span>(changetype<usize>(this) + 0x18) }
  @inline vm(index: u32): VmConfiguration { return changetype<VmConfiguration>(changetype<usize>(this) + 0x28 + <usize>index * VmConfigurationBytes) }
}
/** Bytes of a Configuration with all VMs. */
export const ConfigurationBytes: u32 = 0x28 + ConfigurationLimit.Vms * VmConfigurationBytes
