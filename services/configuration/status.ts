/** What `checkPack` found wrong first. */
export namespace PackStatus {
  export const Ok: i32 = 0
  export const TooShort: i32 = 1
  export const NoMemory: i32 = 2
  export const WrongVersion: i32 = 3
  export const WrongSize: i32 = 4
  export const WrongChecksum: i32 = 5
  export const TooMany: i32 = 6
  export const ReservedSet: i32 = 7
  export const TextOutside: i32 = 8
  export const TextLength: i32 = 9
  export const TextMalformed: i32 = 10
  export const NameTwice: i32 = 11
  export const Memory: i32 = 12
  export const VcpuCount: i32 = 13
  export const Protocol: i32 = 14
  export const Flags: i32 = 15
  export const Weight: i32 = 16
  export const Policy: i32 = 17
  export const NoSuchFile: i32 = 18
  export const NoSuchModule: i32 = 19
  export const FileMisaligned: i32 = 20
  export const FileEmpty: i32 = 21
  export const FileOutside: i32 = 22
  export const FileOverlaps: i32 = 23
  export const Cap: i32 = 24
  export const Processors: i32 = 25
  export const MaxVcpus: i32 = 26
  export const NoSuchVm: i32 = 27
  export const MediumShared: i32 = 28
  export const NetworkTwice: i32 = 29
  export const NoSuchNetwork: i32 = 30
  export const PortOrder: i32 = 31
  export const Mac: i32 = 32
  export const MaximumBytes: i32 = 33
  export const MemoryLimits: i32 = 34
  export const Size: i32 = 35
  export const NoSuchImage: i32 = 36
  export const NotOfVolume: i32 = 37
  export const ImageName: i32 = 38
  export const Limit: i32 = 39
}

/** The kind of record `faultRecord` counts among. */
export namespace PackPart {
  export const Header: u32 = 0
  export const Vm: u32 = 1
  export const Module: u32 = 2
  export const File: u32 = 3
  export const Disk: u32 = 4
  export const Network: u32 = 5
  export const Port: u32 = 6
  export const Image: u32 = 7
  export const PoolDevice: u32 = 8
}

/** The part in words, to be followed by the number of the record. */
export function partText(part: u32): string {
  switch (part) {
    case PackPart.Vm: return 'VM record '
    case PackPart.Module: return 'module record '
    case PackPart.File: return 'file record '
    case PackPart.Disk: return 'disk record '
    case PackPart.Network: return 'network record '
    case PackPart.Port: return 'port record '
    case PackPart.Image: return 'image record '
    case PackPart.PoolDevice: return 'pool device record '
  }
  return 'header'
}

/** A status in words. */
export function statusText(status: i32): string {
  switch (status) {
    case PackStatus.Ok: return 'in order'
    case PackStatus.TooShort: return 'the boot module is shorter than the pack says it is: it was cut off, write the medium again'
    case PackStatus.NoMemory: return 'not enough memory to read the pack'
    case PackStatus.WrongVersion: return 'the pack is of another version of Typervisor: build the ISO again'
    case PackStatus.WrongSize: return 'the sizes in the header contradict each other'
    case PackStatus.WrongChecksum: return 'the checksum does not match: the medium is damaged, write it again'
    case PackStatus.TooMany: return 'more records than the nucleus has room for'
    case PackStatus.ReservedSet: return 'a reserved field is not zero'
    case PackStatus.TextOutside: return 'a text lies outside the string table'
    case PackStatus.TextLength: return 'a text is too long or empty'
    case PackStatus.TextMalformed: return 'a text has characters that are not allowed'
    case PackStatus.NameTwice: return 'an earlier VM has the same name'
    case PackStatus.Memory: return 'memory is not a multiple of 2 MiB from 2 MiB to 1 TiB'
    case PackStatus.MemoryLimits: return 'the limits of memory are not multiples of 2 MiB up to 1 TiB on both sides of it'
    case PackStatus.VcpuCount: return 'the number of vCPUs is not 1 to 32'
    case PackStatus.Protocol: return 'unknown boot protocol'
    case PackStatus.Flags: return 'unknown flags'
    case PackStatus.Weight: return 'weight is not 1 to 10000'
    case PackStatus.Policy: return 'unknown policy for reboot or crash'
    case PackStatus.NoSuchFile: return 'a file is named that is not in the pack'
    case PackStatus.NoSuchModule: return 'modules are named that are not in the pack'
    case PackStatus.FileMisaligned: return 'a file does not start on a page'
    case PackStatus.FileEmpty: return 'a file is empty'
    case PackStatus.FileOutside: return 'a file lies outside the pack'
    case PackStatus.FileOverlaps: return 'a file overlaps what lies before it'
    case PackStatus.Cap: return 'cap is above 3200 percent'
    case PackStatus.MaxVcpus: return 'the number of vCPUs that there can be is not from how many there are to 32'
    case PackStatus.Processors: return 'affinity or preferred names a processor above 31'
    case PackStatus.NoSuchVm: return 'a VM is named that is not in the pack'
    case PackStatus.MediumShared: return 'an earlier disk is the same medium, and not both are read-only'
    case PackStatus.NetworkTwice: return 'an earlier network has the same name'
    case PackStatus.NoSuchNetwork: return 'a network or an uplink is named that is not in the pack'
    case PackStatus.PortOrder: return 'the ports are not in their order'
    case PackStatus.Mac: return 'a hardware address is none, or a group\'s'
    case PackStatus.MaximumBytes: return 'an MTU is not 68 to 65535'
    case PackStatus.Size: return 'a size is not a multiple of 4 KiB up to 256 TiB'
    case PackStatus.NoSuchImage: return 'an image is named that is not in the pack'
    case PackStatus.NotOfVolume: return 'a disk that is no volume has an image, a size or a limit'
    case PackStatus.Limit: return 'a disk is limited to more than 64 GiB or 10000000 requests a second'
    case PackStatus.ImageName: return 'an image has no name that can be typed, or that of an earlier one'
  }
  return 'unknown status'
}
