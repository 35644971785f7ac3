/** Builds packs from docs/pack-format.md by hand, independently of tools/image/pack.ts, so that each can check the other. */
import { crc32 } from 'node:zlib'

const PAGE = 4096
const HEADER_SIZE = 88
const VM_SIZE = 120

/** The part of a pack that a test sets; what it leaves out is in order. */
export interface VmImage {
  name?: string, commandLine?: string, memory?: bigint, vcpuCount?: number, protocol?: number, flags?: number, weight?: number
  onReboot?: number, onCrash?: number, kernel?: number, initrd?: number, firstModule?: number, moduleCount?: number
  cap?: number, maxVcpus?: number, affinity?: bigint, preferred?: bigint, minMemory?: bigint, maxMemory?: bigint, memoryWeight?: number, consolePorts?: string
}
export interface PackImage {
  hostName?: string, flags?: number
  vms?: VmImage[]
  modules?: { file: number, commandLine?: string }[]
  files?: { name?: string, content: Buffer }[]
  disks?: { vm?: number, flags?: number, serial: string, size?: bigint, image?: number, requestLimit?: number, byteLimit?: bigint }[]
  networks?: { name: string, uplink?: string }[]
  ports?: { vm?: number, network?: number, mac?: bigint, mtu?: number, settings?: Buffer }[]
  images?: { file: number, reserved?: number }[]
  pool?: { name: string, devices: string[] }
}

/** Where the parts of a built pack lie. */
export interface BuiltPack { bytes: Buffer, vms: number, modules: number, files: number, disks: number, networks: number, ports: number, images: number, strings: number, metadataSize: number }

/** Lays a pack out. */
export function buildPack(image: PackImage): BuiltPack {
  const vms = image.vms ?? [], modules = image.modules ?? [], files = image.files ?? [], disks = image.disks ?? [], networks = image.networks ?? [], ports = image.ports ?? [], images = image.images ?? []
  const poolDevices = image.pool?.devices ?? []
  const strings: Buffer[] = []
  let stringSize = 0
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    strings.push(bytes)
    stringSize += bytes.length
    return [stringSize - bytes.length, bytes.length]
  }
  const places = { vms: HEADER_SIZE, modules: HEADER_SIZE + VM_SIZE * vms.length, files: HEADER_SIZE + VM_SIZE * vms.length + 16 * modules.length, disks: 0, networks: 0, ports: 0, images: 0, strings: 0 }
  places.disks = places.files + 24 * files.length
  places.networks = places.disks + 40 * disks.length
  places.ports = places.networks + 16 * networks.length
  places.images = places.ports + 680 * ports.length
  places.strings = places.images + 8 * images.length + 8 * poolDevices.length
  const head = Buffer.alloc(places.strings)
  const put = (at: number, ...values: number[]) => values.forEach((value, i) => head.writeUInt32LE(value, at + 4 * i))
  head.write('TYPERVPK', 0, 'latin1')
  put(0x2C, ...text(image.hostName ?? 'host'), image.flags ?? 0)
  vms.forEach((vm, i) => {
    const at = places.vms + VM_SIZE * i
    put(at, ...text(vm.name ?? `vm${i}`), ...text(vm.commandLine ?? ''))
    head.writeBigUInt64LE(vm.memory ?? 2n << 20n, at + 0x10)
    put(at + 0x18, vm.vcpuCount ?? 1, vm.protocol ?? 1, vm.flags ?? 0, vm.weight ?? 100, vm.onReboot ?? 0, vm.onCrash ?? 1,
      vm.kernel ?? 0, vm.initrd ?? 0xFFFF_FFFF, vm.firstModule ?? 0, vm.moduleCount ?? 0, vm.cap ?? 0, vm.maxVcpus ?? 0)
    head.writeBigUInt64LE(vm.affinity ?? 0n, at + 0x48)
    head.writeBigUInt64LE(vm.preferred ?? 0n, at + 0x50)
    head.writeBigUInt64LE(vm.minMemory ?? 0n, at + 0x58)
    head.writeBigUInt64LE(vm.maxMemory ?? 0n, at + 0x60)
    put(at + 0x68, vm.memoryWeight ?? 0, ...text(vm.consolePorts ?? ''))
  })
  modules.forEach((module, i) => put(places.modules + 16 * i, module.file, ...text(module.commandLine ?? '')))
  disks.forEach((disk, i) => {
    put(places.disks + 40 * i, disk.vm ?? 0, disk.flags ?? 0, ...text(disk.serial))
    head.writeBigUInt64LE(disk.size ?? 0n, places.disks + 40 * i + 0x10)
    put(places.disks + 40 * i + 0x18, disk.image ?? 0xFFFF_FFFF, disk.requestLimit ?? 0)
    head.writeBigUInt64LE(disk.byteLimit ?? 0n, places.disks + 40 * i + 0x20)
  })
  networks.forEach((network, i) => {
    put(places.networks + 16 * i, ...text(network.name))
    head.write(network.uplink ?? '', places.networks + 16 * i + 8, 'latin1')
  })
  ports.forEach((port, i) => {
    const at = places.ports + 680 * i
    put(at, port.vm ?? 0, port.network ?? 0)
    head.writeBigUInt64LE(port.mac ?? 2n, at + 8)
    put(at + 16, port.mtu ?? 1500)
    port.settings?.copy(head, at + 24)
  })
  images.forEach(({ file, reserved }, i) => put(places.images + 8 * i, file, reserved ?? 0))
  if (image.pool) put(0x48, ...text(image.pool.name))
  poolDevices.forEach((serial, i) => put(places.images + 8 * images.length + 8 * i, ...text(serial)))
  const names = files.map((file, i) => text(file.name ?? `file${i}`))
  const metadataSize = head.length + stringSize
  let end = pageUp(metadataSize)
  const bodies: Buffer[] = [Buffer.alloc(end - metadataSize)]
  files.forEach(({ content }, i) => {
    const at = places.files + 24 * i
    head.writeBigUInt64LE(BigInt(end), at)
    head.writeBigUInt64LE(BigInt(content.length), at + 8)
    put(at + 0x10, ...names[i])
    bodies.push(content, Buffer.alloc(pageUp(content.length) - content.length))
    end += pageUp(content.length)
  })
  put(0x08, 4)
  head.writeBigUInt64LE(BigInt(end), 0x10)
  put(0x18, metadataSize, vms.length, modules.length, files.length, stringSize)
  put(0x38, disks.length, networks.length, ports.length, images.length)
  put(0x50, poolDevices.length)
  return seal({ bytes: Buffer.concat([head, ...strings, ...bodies]), ...places, metadataSize })
}

/** Sets the checksum after a test has changed the metadata. */
export function seal(pack: BuiltPack): BuiltPack {
  pack.bytes.writeUInt32LE(0, 0x0C)
  pack.bytes.writeUInt32LE(crc32(pack.bytes.subarray(0, pack.metadataSize)), 0x0C)
  return pack
}

function pageUp(value: number): number { return Math.ceil(value / PAGE) * PAGE }
