/** The pack's metadata in this sandbox's memory: where each record and text of it is. */
import { DiskRecord, FileRecord, ImageRecord, ModuleRecord, NetworkRecord, PackHeader, PACK_PORT_BYTES, PoolDeviceRecord, PortRecord, TextField, VmRecord } from './layout'

let start: usize = 0
let vms: usize = 0
let modules: usize = 0
let files: usize = 0
let disks: usize = 0
let networks: usize = 0
let ports: usize = 0
let images: usize = 0
let poolDevices: usize = 0
let strings: usize = 0

/** Takes the metadata at `bytes` as the pack; the header's counts have been checked, and its records are all there. */
export function openPack(bytes: usize): void {
  start = bytes
  vms = bytes + offsetof<PackHeader>()
  modules = vms + <usize>header().vmCount * offsetof<VmRecord>()
  files = modules + <usize>header().moduleCount * offsetof<ModuleRecord>()
  disks = files + <usize>header().fileCount * offsetof<FileRecord>()
  networks = disks + <usize>header().diskCount * offsetof<DiskRecord>()
  ports = networks + <usize>header().networkCount * offsetof<NetworkRecord>()
  images = ports + <usize>header().portCount * PACK_PORT_BYTES
  poolDevices = images + <usize>header().imageCount * offsetof<ImageRecord>()
  strings = poolDevices + <usize>header().poolDeviceCount * offsetof<PoolDeviceRecord>()
}

@inline export function header(): PackHeader { return changetype<PackHeader>(start) }
@inline export function vmRecord(index: u32): VmRecord { return changetype<VmRecord>(vms + <usize>index * offsetof<VmRecord>()) }
@inline export function moduleRecord(index: u32): ModuleRecord { return changetype<ModuleRecord>(modules + <usize>index * offsetof<ModuleRecord>()) }
@inline export function fileRecord(index: u32): FileRecord { return changetype<FileRecord>(files + <usize>index * offsetof<FileRecord>()) }
@inline export function diskRecord(index: u32): DiskRecord { return changetype<DiskRecord>(disks + <usize>index * offsetof<DiskRecord>()) }
@inline export function networkRecord(index: u32): NetworkRecord { return changetype<NetworkRecord>(networks + <usize>index * offsetof<NetworkRecord>()) }
@inline export function portRecord(index: u32): PortRecord { return changetype<PortRecord>(ports + <usize>index * PACK_PORT_BYTES) }
@inline export function imageRecord(index: u32): ImageRecord { return changetype<ImageRecord>(images + <usize>index * offsetof<ImageRecord>()) }

@inline export function hostName(): TextField { return changetype<TextField>(start + offsetof<PackHeader>('hostNameOffset')) }
@inline export function poolName(): TextField { return changetype<TextField>(start + offsetof<PackHeader>('poolNameOffset')) }
@inline export function poolDevice(index: u32): TextField { return changetype<TextField>(poolDevices + <usize>index * offsetof<PoolDeviceRecord>()) }
@inline export function vmName(vm: VmRecord): TextField { return changetype<TextField>(changetype<usize>(vm) + offsetof<VmRecord>('nameOffset')) }
@inline export function vmCommandLine(vm: VmRecord): TextField { return changetype<TextField>(changetype<usize>(vm) + offsetof<VmRecord>('commandLineOffset')) }
@inline export function vmConsolePorts(vm: VmRecord): TextField { return changetype<TextField>(changetype<usize>(vm) + offsetof<VmRecord>('portsOffset')) }
@inline export function moduleCommandLine(module: ModuleRecord): TextField { return changetype<TextField>(changetype<usize>(module) + offsetof<ModuleRecord>('commandLineOffset')) }
@inline export function fileName(file: FileRecord): TextField { return changetype<TextField>(changetype<usize>(file) + offsetof<FileRecord>('nameOffset')) }
@inline export function diskSerial(disk: DiskRecord): TextField { return changetype<TextField>(changetype<usize>(disk) + offsetof<DiskRecord>('serialOffset')) }
@inline export function networkName(network: NetworkRecord): TextField { return changetype<TextField>(changetype<usize>(network) + offsetof<NetworkRecord>('nameOffset')) }

/** A text's first byte. */
@inline export function textBytes(text: TextField): usize { return strings + text.offset }

/** Where a text lies in the pack. */
@inline export function textOffset(text: TextField): u64 { return textBytes(text) - start }
