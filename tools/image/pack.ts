/** Packs a configuration and its files into the one boot module that the nucleus reads. docs/pack-format.md gives the layout. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { FileTable, forEachChunk, type PackFile } from './files.ts'
import { PORT_SIZE, portRecords } from './ports.ts'
import { imagePaths } from '../config/rules.ts'
import { CONSOLE_NAME, parseMemory, parseByteRate, parseSize } from '../config/schema.ts'
import type { LoadedConfig } from '../config/load.ts'

const PAGE = 4096
const HEADER_SIZE = 88
const VERSION = 4
const VM_SIZE = 120
const MODULE_SIZE = 16
const FILE_SIZE = 24
const DISK_SIZE = 40
const NETWORK_SIZE = 16
const IMAGE_SIZE = 8
const POOL_DEVICE_SIZE = 8
const CHECKSUM_AT = 0x0C
const NO_FILE = 0xFFFF_FFFF

const PROTOCOLS = { linux: 1, multiboot: 2, multiboot2: 3, pvh: 4, firmware: 5 }
const POLICIES = { restart: 0, stop: 1, pause: 2 }

/** What was packed, for the person who waits. */
export interface PackSummary { size: number, vms: number, files: PackFile[] }

/** Texts, each stored once. */
class StringTable {
  bytes = Buffer.alloc(0)
  readonly #places = new Map<string, [offset: number, length: number]>()

  add(text: string): [offset: number, length: number] {
    const known = this.#places.get(text)
    if (known) return known
    const place: [number, number] = [this.bytes.length, Buffer.byteLength(text)]
    this.bytes = Buffer.concat([this.bytes, Buffer.from(text)])
    this.#places.set(text, place)
    return place
  }
}

/** Writes the pack of a configuration to `target`. */
export function writePack({ config, folder }: LoadedConfig, target: string): PackSummary {
  const files = new FileTable()
  const strings = new StringTable()
  const hostName = strings.add(config.name)
  const modules: Buffer[] = []
  const vms = config.vms.map(vm => {
    const { boot } = vm
    const firstModule = modules.length
    const kernel = files.add(resolve(folder, boot.kernel))
    const initrd = boot.initrd === undefined ? NO_FILE : files.add(resolve(folder, boot.initrd))
    for (const { path, cmdline } of boot.modules) modules.push(words(files.add(resolve(folder, path)), ...strings.add(cmdline), 0))
    const memory = parseMemory(vm.memory)!
    return words(
      ...strings.add(vm.name), ...strings.add(boot.cmdline),
      ...wide(memory), vm.vcpus, PROTOCOLS[boot.protocol],
      (vm.autostart ? 1 : 0) | (vm.serial.mirror ? 2 : 0) | (vm.rng ? 4 : 0) | (vm.memoryReporting ? 8 : 0) | (vm.virtio === 'transitional' ? 16 : 0), vm.weight, POLICIES[vm.onReboot], POLICIES[vm.onCrash],
      kernel, initrd, firstModule, boot.modules.length,
      vm.cap ?? 0, vm.maxVcpus ?? 0, ...processorSet(vm.affinity), ...processorSet(vm.prefer),
      ...limit(vm.minMemory), ...limit(vm.maxMemory), vm.memoryWeight ?? 0, ...strings.add(vm.console ? [CONSOLE_NAME, ...vm.console.ports].join('\n') : ''), 0,
    )
  })
  // Each once, in the order in which they are named.
  const imageFiles = [...new Set(imagePaths(config).map(({ path }) => files.add(resolve(folder, path))))]
  const images = imageFiles.map(file => words(file, 0))
  const disks = config.vms.flatMap((vm, i) => vm.disks.map(({ raw, volume, readOnly, image, size, byteLimit, requestLimit }) => words(
    i, (readOnly ? 1 : 0) | (raw === undefined ? 2 : 0), ...strings.add(raw ?? volume!), ...wide(size === undefined ? 0 : parseSize(size)!),
    image === undefined ? NO_FILE : imageFiles.indexOf(files.add(resolve(folder, image))), requestLimit ?? 0, ...wide(byteLimit === undefined ? 0 : parseByteRate(byteLimit)!),
  )))
  const names = files.files.map(file => strings.add(file.name))
  const poolName = config.pool ? strings.add(config.pool.name) : [0, 0]
  const poolDevices = (config.pool?.devices ?? []).map(serial => words(...strings.add(serial)))

  const networks = config.networks.map(({ name, uplink }) => Buffer.concat([words(...strings.add(name)), Buffer.from((uplink?.device.toUpperCase() ?? '').padEnd(8, '\0'), 'latin1')]))
  const ports = portRecords(config)

  const metadataSize = HEADER_SIZE + vms.length * VM_SIZE + modules.length * MODULE_SIZE + names.length * FILE_SIZE + disks.length * DISK_SIZE + networks.length * NETWORK_SIZE + ports.length * PORT_SIZE +
    images.length * IMAGE_SIZE + poolDevices.length * POOL_DEVICE_SIZE + strings.bytes.length
  let end = pageUp(metadataSize)
  const offsets = files.files.map(file => {
    const offset = end
    end = pageUp(end + file.size)
    return offset
  })
  const records = files.files.map((file, i) => words(...wide(offsets[i]), ...wide(file.size), ...names[i]))
  const header = Buffer.concat([
    Buffer.from('TYPERVPK', 'latin1'),
    words(VERSION, 0, ...wide(end), metadataSize, vms.length, modules.length, records.length, strings.bytes.length, ...hostName, config.coreScheduling ? 1 : 0, disks.length, networks.length, ports.length,
      images.length, ...poolName, poolDevices.length, 0),
  ])
  const metadata = Buffer.concat([header, ...vms, ...modules, ...records, ...disks, ...networks, ...ports, ...images, ...poolDevices, strings.bytes])
  metadata.writeUInt32LE(crc32(metadata), CHECKSUM_AT)
  writeParts(target, metadata, files.files, offsets, end)
  return { size: end, vms: vms.length, files: files.files }
}

/** Writes beside `target` and renames, so that a build that was stopped leaves no half of a pack. */
function writeParts(target: string, metadata: Buffer, files: PackFile[], offsets: number[], end: number): void {
  mkdirSync(dirname(target), { recursive: true })
  const unfinished = `${target}.${process.pid}`
  const pack = openSync(unfinished, 'w')
  try {
    let position = writeSync(pack, metadata, 0, metadata.length, 0)
    const pad = (to: number) => { position += writeSync(pack, Buffer.alloc(to - position), 0, to - position, position) }
    files.forEach((file, i) => {
      pad(offsets[i])
      forEachChunk(file.path, chunk => { position += writeSync(pack, chunk, 0, chunk.length, position) })
      if (position !== offsets[i] + file.size) throw new Error(`${file.path} changed while it was being packed: build again`)
    })
    pad(end)
    closeSync(pack)
    renameSync(unfinished, target)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => buffer.writeUInt32LE(value, i * 4))
  return buffer
}

/** Numbers of processors as a u64: bit n for number n. */
function processorSet(processors: readonly number[] = []): [low: number, high: number] {
  return wide([...new Set(processors)].reduce((set, number) => set + 2 ** number, 0))
}

/** A bound of a machine's memory: 0 where none is named. */
function limit(memory: string | number | undefined): [low: number, high: number] { return wide(memory === undefined ? 0 : parseMemory(memory)!) }

/** A number below 2^53 as the low and the high half of a u64. */
function wide(value: number): [low: number, high: number] {
  return [value % 2 ** 32, Math.floor(value / 2 ** 32)]
}

function pageUp(value: number): number {
  return Math.ceil(value / PAGE) * PAGE
}
