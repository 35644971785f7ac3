/** The records of a pack, as docs/pack-format.md lays them out. `offsetof<Record>()` is a record's size (`sizeof` of a class is a pointer's). */

import { PortSettingsBytes } from '../../capability/switch'

/** The bytes 'TYPERVPK', read as a little-endian number. */
@inline export const PACK_MAGIC: u64 = 0x4B50_5652_4550_5954
export const PACK_VERSION: u32 = 4
export const PACK_METADATA_LIMIT: u32 = 16 << 20
export const PACK_MODULE_LIMIT: u32 = 4096
export const PACK_FILE_LIMIT: u32 = 4352
export const PACK_DISK_LIMIT: u32 = 512
export const PACK_NAME_LIMIT: u32 = 31
export const PACK_COMMAND_LINE_LIMIT: u32 = 4095
export const PACK_FILE_NAME_LIMIT: u32 = 255
/** In place of a file's or an image's index: there is none. */
export const PACK_NO_FILE: u32 = 0xFFFF_FFFF

/** Bits of `PackHeader.flags`. */
export namespace HostFlag {
  export const CoreScheduling: u32 = 1 << 0
  export const All: u32 = 1
}

/** Bits of `VmRecord.flags`. */
export namespace VmFlag {
  export const Autostart: u32 = 1 << 0
  export const Mirror: u32 = 1 << 1
  export const Entropy: u32 = 1 << 2
  export const MemoryReporting: u32 = 1 << 3
  export const Transitional: u32 = 1 << 4
  export const All: u32 = 31
}

/** Bits of `DiskRecord.flags`. */
export namespace DiskFlag {
  export const ReadOnly: u32 = 1 << 0
  export const Volume: u32 = 1 << 1 // of the pool; its name is where a medium's serial number is
  export const All: u32 = 3
}

@unmanaged export class PackHeader {
  magic: u64 //           00h
  version: u32 //         08h
  checksum: u32 //        0Ch
  totalSize: u64 //       10h
  metadataSize: u32 //    18h
  vmCount: u32 //         1Ch
  moduleCount: u32 //     20h
  fileCount: u32 //       24h
  stringSize: u32 //      28h
  hostNameOffset: u32 //  2Ch
  hostNameLength: u32 //  30h
  flags: u32 //           34h
  diskCount: u32 //       38h
  networkCount: u32 //    3Ch
  portCount: u32 //       40h
  imageCount: u32 //      44h
  poolNameOffset: u32 //  48h
  poolNameLength: u32 //  4Ch
  poolDeviceCount: u32 // 50h
  reserved: u32 //        54h
}

@unmanaged export class VmRecord {
  nameOffset: u32 //         00h
  nameLength: u32 //         04h
  commandLineOffset: u32 //  08h
  commandLineLength: u32 //  0Ch
  memory: u64 //             10h
  vcpuCount: u32 //          18h
  protocol: u32 //           1Ch
  flags: u32 //              20h
  weight: u32 //             24h
  onReboot: u32 //           28h
  onCrash: u32 //            2Ch
  kernel: u32 //             30h
  initrd: u32 //             34h
  firstModule: u32 //        38h
  moduleCount: u32 //        3Ch
  cap: u32 //                40h
  maxVcpus: u32 //           44h
  affinity: u64 //           48h
  preferred: u64 //          50h
  minMemory: u64 //          58h
  maxMemory: u64 //          60h
  memoryWeight: u32 //       68h
  portsOffset: u32 //        6Ch  of its console
  portsLength: u32 //        70h
  reserved: u32 //           74h
}

@unmanaged export class ModuleRecord {
  file: u32 //               00h
  commandLineOffset: u32 //  04h
  commandLineLength: u32 //  08h
  reserved: u32 //           0Ch
}

@unmanaged export class FileRecord {
  offset: u64 //      00h
  size: u64 //        08h
  nameOffset: u32 //  10h
  nameLength: u32 //  14h
}

@unmanaged export class DiskRecord {
  vm: u32 //            00h
  flags: u32 //         04h
  serialOffset: u32 //  08h
  serialLength: u32 //  0Ch
  size: u64 //          10h
  image: u32 //         18h
  requestLimit: u32 //  1Ch
  byteLimit: u64 //     20h
}

@unmanaged export class ImageRecord {
  file: u32 //      00h
  reserved: u32 //  04h
}

@unmanaged export class PoolDeviceRecord {
  serialOffset: u32 //  00h
  serialLength: u32 //  04h
}

/** A virtual switch. */
@unmanaged export class NetworkRecord {
  nameOffset: u32 //    00h
  nameLength: u32 //    04h
  uplink: u64 //        08h  where its network card is, 7 characters such as 00:1F.2; 0: none
}

/** A virtual machine's interface, or an uplink. */
@unmanaged export class PortRecord {
  vm: u32 //            00h  or PACK_NO_VM: it is the network's uplink
  network: u32 //       04h
  mac: u64 //           08h
  maximumBytes: u32 //  10h
  reserved: u32 //      14h
  // 18h  how it is attached
  @inline get settings(): usize { return changetype<usize>(this) + 0x18 }
}
export const PACK_PORT_BYTES: u32 = 0x18 + PortSettingsBytes
/** Instead of a VM's index. */
export const PACK_NO_VM: u32 = 0xFFFF_FFFF

/** Where a text is, in the two fields of any record that tell of it. */
@unmanaged export class TextField {
  offset: u32 // 00h  in the string table
  length: u32 // 04h
}
