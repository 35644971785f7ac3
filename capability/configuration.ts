/** The layout of the record that the reader of the configuration leaves for the nucleus, which copies it, checks it and ends that sandbox. */
import { BootFile } from './file'
import { ConfigText } from './config'
import { PortLimit, SwitchOrder, SwitchOrderBytes } from './switch'

/** How many of each there may be at most. */
export namespace ConfigurationLimit {
  export const Vms: u32 = 64
  export const Modules: u32 = 64 // of one VM
  export const Vcpus: u32 = 32
  export const Weight: u32 = 10000
  export const Cap: u32 = 3200 // percent of one processor
  export const Processors: u32 = 32 // of the host, that run VMs
  export const Disks: u32 = 8 // of one VM
  export const Interfaces: u32 = 8 // of one VM
  export const Networks: u32 = 64 // virtual switches
  export const Images: u32 = 64
  export const PoolDevices: u32 = 16
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

/** One network interface of a VM. To which switch it goes, and what it may do there, the orders for the switches' service say. */
@unmanaged export class InterfaceConfiguration {
  mac: u64 //          00h  the first byte lowest
  maximumBytes: u32 // 08h  the MTU
  reserved: u32 //     0Ch
}

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
  interfaceCount: u32 // 4Ch
  firstPort: u32 //   50h  of the switches': its interfaces' follow each other
  memoryWeight: u32 // 54h  its share of what is idle of others' memory; 0: no memory is taken from it, or given to it, unasked
  minMemory: u64 //   58h  that its guest can be asked to keep; `memory` at most
  maxMemory: u64 //   60h  `memory` at least

  @inline get kernelName(): Span { return this.span(0) }
  @inline text(key: u32): Span { return this.span(1 + key) }
  @inline file(file: u32): Span { return this.span(1 + TextCapacity + file) }

  // 68h  the disks, behind them the interfaces, and then the spans
  @inline disk(index: u32): DiskConfiguration { return changetype<DiskConfiguration>(changetype<usize>(this) + 0x68 + <usize>index * DiskConfigurationBytes) }
  @inline interface(index: u32): InterfaceConfiguration { return changetype<InterfaceConfiguration>(changetype<usize>(this) + InterfacesAt + (<usize>index << 4)) }
  @inline span(index: u32): Span { return changetype<Span>(changetype<usize>(this) + SpansAt + (<usize>index << 4)) }
}
const InterfacesAt: u32 = 0x68 + ConfigurationLimit.Disks * DiskConfigurationBytes
const SpansAt: u32 = InterfacesAt + ConfigurationLimit.Interfaces * 16
/** Spans of one VM. */
export const SpanCapacity: u32 = 1 + TextCapacity + FileCapacity
/** Bytes of a VmConfiguration with its disks and spans. */
export const VmConfigurationBytes: u32 = SpansAt + SpanCapacity * 16

/** Bytes of a volume's, an image's or a pool's name at most; zeros are behind it. */
export const StorageNameLimit: u32 = 63

/** A volume that is made when there is none of its name, unless it says neither how large nor of what, and what its VMs may ask of it. */
@unmanaged export class VolumeConfiguration {
  bytes: u64 //       00h  0: as many as its image has
  image: u32 //       08h  number of the image that it begins as, + 1; 0: it begins empty
  requestLimit: u32 // 0Ch  requests a second, 0: any
  byteLimit: u64 //   10h  bytes a second, 0: any

  // 18h  its name
  @inline get name(): usize { return changetype<usize>(this) + 0x18 }
}

/** A file that a volume can be made of. */
@unmanaged export class ImageConfiguration {
  // 00h  where it lies; 10h  its name
  @inline get file(): Span { return changetype<Span>(this) }
  @inline get name(): usize { return changetype<usize>(this) + 0x10 }
}
/** Bytes of either with its name. */
export const VolumeRecordBytes: u32 = 0x18 + StorageNameLimit + 1
export const ImageRecordBytes: u32 = 0x10 + StorageNameLimit + 1

/** What the pool's service is to know. All zero is nothing. */
@unmanaged export class StorageConfiguration {
  volumeCount: u32 // 00h
  imageCount: u32 //  04h
  deviceCount: u32 // 08h  that the pool is made of when there is none; 0: none is made
  reserved: u32 //    0Ch

  // 10h  the pool's name, 50h  serial numbers of its devices, DiskNameLimit bytes each with zeros behind them, and then the images and the volumes
  @inline get poolName(): usize { return changetype<usize>(this) + 0x10 }
  @inline device(index: u32): usize { return changetype<usize>(this) + 0x50 + <usize>index * DiskNameLimit }
  @inline image(index: u32): ImageConfiguration { return changetype<ImageConfiguration>(changetype<usize>(this) + ImagesAt + <usize>index * ImageRecordBytes) }
  @inline volume(index: u32): VolumeConfiguration { return changetype<VolumeConfiguration>(changetype<usize>(this) + VolumesAt + <usize>index * VolumeRecordBytes) }
}
const ImagesAt: u32 = 0x50 + ConfigurationLimit.PoolDevices * DiskNameLimit
const VolumesAt: u32 = ImagesAt + ConfigurationLimit.Images * ImageRecordBytes
/** Bytes of a StorageConfiguration with all that is in it. */
export const StorageConfigurationBytes: u32 = VolumesAt + ConfigurationLimit.Vms * ConfigurationLimit.Disks * VolumeRecordBytes

/** All that is configured. All zero is no VM. */
@unmanaged export class Configuration {
  base: u64 //        00h  hpa of the boot module that the spans are of, which the nucleus puts here
  module: u32 //      08h  its number
  vmCount: u32 //     0Ch
  coreScheduling: u32 // 10h  1: vCPUs of two VMs never run on one core at the same time

  // 18h  the host's name, 28h  what the storage is told, and then the VMs
  @inline get hostName(): Span { return changetype<Span>(changetype<usize>(this) + 0x18) }
  @inline get storage(): StorageConfiguration { return changetype<StorageConfiguration>(changetype<usize>(this) + 0x28) }
  @inline vm(index: u32): VmConfiguration { return changetype<VmConfiguration>(changetype<usize>(this) + VmsAt + <usize>index * VmConfigurationBytes) }
  // Behind the VMs: what the switches' service begins with, and keeps. First the switches', then the ports'.
  @inline order(index: u32): SwitchOrder { return changetype<SwitchOrder>(changetype<usize>(this) + OrdersAt + <usize>index * SwitchOrderBytes) }
  /** 8 bytes: where the network card is that leads out of a switch, as in 00:1F.2, or zeros. Its port is FirstUplink + the switch's number. */
  @inline uplink(network: u32): usize { return changetype<usize>(this) + UplinksAt + (<usize>network << 3) }
}
const VmsAt: u32 = 0x28 + StorageConfigurationBytes
const OrdersAt: u32 = VmsAt + ConfigurationLimit.Vms * VmConfigurationBytes
/** Orders of switches and ports. */
export const OrderCount: u32 = ConfigurationLimit.Networks + PortLimit
/** Ports from this one on are uplinks; those below are VMs' interfaces. */
export const FirstUplink: u32 = PortLimit - ConfigurationLimit.Networks
const UplinksAt: u32 = OrdersAt + OrderCount * SwitchOrderBytes
/** Bytes of a Configuration with all VMs. */
export const ConfigurationBytes: u32 = UplinksAt + ConfigurationLimit.Networks * 8
