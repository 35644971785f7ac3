/** What a schema cannot say of a configuration: rules that join several fields, and the files on disk. */
import { statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { foundText, pathText, type Problem } from './describe.ts'
import { checkNetworks } from './networkrules.ts'
import { IMAGE_LIMIT, MEBIBYTE, parseMemory, parseSize, type FullConfig, type FullVm } from './schema.ts'

/** Everything wrong with a configuration whose fields are each in order. Files are looked for in `folder`. */
export function checkRules(config: FullConfig, folder: string): Problem[] {
  return [
    ...checkNames(config), ...checkConsolePorts(config), ...checkDisks(config), ...checkMedia(config), ...checkVolumes(config), ...checkImages(config, folder), ...checkPool(config), ...checkNetworks(config),
    ...config.vms.flatMap((vm, i) => [...checkVm(vm, i), ...checkFiles(vm, i, folder)]),
  ]
}

function checkNames(config: FullConfig): Problem[] {
  return config.vms.flatMap((vm, i) => {
    const first = config.vms.findIndex(other => other.name === vm.name)
    return first === i ? [] : [{
      path: pathText(['vms', i, 'name']),
      message: `found ${foundText(vm.name)}, which vms[${first}] is called already; allowed: a name that no other virtual machine has`,
    }]
  })
}

function checkConsolePorts(config: FullConfig): Problem[] {
  return config.vms.flatMap((vm, i) => (vm.console?.ports ?? []).flatMap((name, j, ports) => ports.indexOf(name) === j ? [] : [{
    path: pathText(['vms', i, 'console', 'ports', j]),
    message: `found ${foundText(name)} a second time; allowed: a name that no other port of this virtual machine has`,
  }]))
}

/** A disk is a medium of the host or a volume of the pool. */
function checkDisks(config: FullConfig): Problem[] {
  return config.vms.flatMap((vm, i) => vm.disks.flatMap(({ raw, volume }, j) => (raw === undefined) !== (volume === undefined) ? [] : [{
    path: pathText(['vms', i, 'disks', j]),
    message: `found ${raw === undefined ? 'neither raw nor volume' : 'both raw and volume'}; allowed: one of them, the serial number of a medium or the name of a volume`,
  }]))
}

/** A medium that one disk writes is no other disk's: what another guest, or the same one by another way, has cached of it would not be true any more. */
function checkMedia(config: FullConfig): Problem[] {
  const disks = config.vms.flatMap((vm, i) => vm.disks.map((disk, j) => ({ ...disk, path: pathText(['vms', i, 'disks', j]) })))
  return disks.flatMap(({ raw, volume, readOnly, path }, i) => {
    const other = disks.slice(0, i).find(earlier => earlier.raw === raw && earlier.volume === volume && !(earlier.readOnly && readOnly))
    return other ? [{
      path: `${path}.${raw === undefined ? 'volume' : 'raw'}`,
      message: `found ${foundText(raw ?? volume)}, which is ${other.path} already; allowed: a ${raw === undefined ? 'volume' : 'medium'} that no other disk is, unless all of them are readOnly`,
    }] : []
  })
}

/** Only a volume is made, and all disks that it is say the same of it. */
function checkVolumes(config: FullConfig): Problem[] {
  const disks = config.vms.flatMap((vm, i) => vm.disks.map((disk, j) => ({ ...disk, path: pathText(['vms', i, 'disks', j]) })))
  return disks.flatMap(({ raw, volume, image, size, byteLimit, requestLimit, path }, i) => {
    if (raw !== undefined && (byteLimit ?? requestLimit) !== undefined) {
      return [{ path: `${path}.${byteLimit === undefined ? 'requestLimit' : 'byteLimit'}`, message: `found ${foundText(byteLimit ?? requestLimit)}; allowed: nothing, since the pool's service keeps to limits, and a medium of the host is the machine's alone` }]
    }
    if (raw !== undefined && (image ?? size) !== undefined) {
      return [{ path: `${path}.${image === undefined ? 'size' : 'image'}`, message: `found ${foundText(image ?? size)}; allowed: nothing, since a medium of the host is what it is; a volume is made` }]
    }
    const other = volume === undefined ? undefined : disks.slice(0, i).find(earlier => earlier.volume === volume && (earlier.image !== image || earlier.size !== size || earlier.byteLimit !== byteLimit || earlier.requestLimit !== requestLimit))
    return other ? [{ path, message: `found another image, size or limit of the volume ${foundText(volume)} than ${other.path} has; allowed: the same in both` }] : []
  })
}

/** Every image that is named: the file, and the field that names it. */
export function imagePaths(config: FullConfig): { where: string, path: string, size?: string | number }[] {
  return [
    ...config.images.map((path, i) => ({ where: pathText(['images', i]), path })),
    ...config.vms.flatMap((vm, i) => vm.disks.flatMap(({ image, size }, j) => image === undefined ? [] : [{ where: pathText(['vms', i, 'disks', j, 'image']), path: image, size }])),
  ]
}

/** Images are files with names that can be typed, each of another name, and none is larger than what is made of it. */
function checkImages(config: FullConfig, folder: string): Problem[] {
  const named = imagePaths(config).map(image => ({ ...image, place: resolve(folder, image.path) }))
  const places = [...new Set(named.map(({ place }) => place))]
  if (places.length > IMAGE_LIMIT) return [{ path: 'images', message: `found ${places.length} images, those of disks among them; allowed: at most ${IMAGE_LIMIT}` }]
  return named.flatMap(({ where, path, size, place }) => {
    const problem = (message: string) => [{ path: where, message }]
    const file = statSync(place, { throwIfNoEntry: false })
    if (!file) return problem(`found ${foundText(path)}, but there is no file ${place}${hint(path)}`)
    if (!file.isFile()) return problem(`found ${foundText(path)}, but ${place} is not a file`)
    if (file.size === 0) return problem(`found ${foundText(path)}, but ${place} is empty`)
    if (!/^[!-~]{1,63}$/.test(basename(place))) return problem(`found ${foundText(path)}; allowed: a file with a name of 1 to 63 printable ASCII characters without blanks`)
    const other = places.find(earlier => earlier !== place && basename(earlier) === basename(place))
    if (other) return problem(`found ${foundText(path)}; allowed: a name that no other image has, and ${other} has it`)
    if (size !== undefined && parseSize(size)! < file.size) return problem(`found ${foundText(path)} of ${mebibytes(file.size)}; allowed: no more than the size of the volume, ${mebibytes(parseSize(size)!)}`)
    return []
  })
}

/** A disk of the pool, or of a partition of it (SERIAL:NUMBER), is no VM's, and named once. */
function checkPool(config: FullConfig): Problem[] {
  const devices = config.pool?.devices ?? []
  return devices.flatMap((serial, i) => {
    const path = pathText(['pool', 'devices', i])
    if (devices.indexOf(serial) !== i) return [{ path, message: `found ${foundText(serial)} a second time; allowed: each disk once` }]
    const disk = serial.replace(/:\d{1,3}$/, '')
    if (disk !== serial && devices.includes(disk)) return [{ path, message: `found ${foundText(serial)}, and all of its disk as well; allowed: either` }]
    const vm = config.vms.findIndex(({ disks }) => disks.some(({ raw }) => raw === serial || raw === disk))
    return vm < 0 ? [] : [{ path, message: `found ${foundText(serial)}, which is ${disk === serial ? 'a disk' : 'on a disk'} of vms[${vm}]; allowed: a disk that no virtual machine has` }]
  })
}

function checkVm(vm: FullVm, index: number): Problem[] {
  const problems: Problem[] = []
  const { protocol, initrd, modules, cmdline } = vm.boot
  if (initrd !== undefined && protocol !== 'linux' && protocol !== 'pvh') {
    problems.push({
      path: pathText(['vms', index, 'boot', 'initrd']),
      message: `found ${foundText(initrd)}; allowed: nothing, since ${protocol === 'firmware' ? 'firmware finds its own files' : `a ${protocol} kernel takes modules: [{ path, cmdline }]`}`,
    })
  }
  if (modules.length && (protocol === 'linux' || protocol === 'firmware')) {
    problems.push({
      path: pathText(['vms', index, 'boot', 'modules']),
      message: `found ${modules.length}; allowed: none, since ${protocol === 'firmware' ? 'firmware finds its own files' : 'a linux kernel takes an initrd'}`,
    })
  }
  if (cmdline !== '' && protocol === 'firmware') {
    problems.push({ path: pathText(['vms', index, 'boot', 'cmdline']), message: `found ${foundText(cmdline)}; allowed: nothing, since firmware takes no command line` })
  }
  problems.push(...checkMemory(vm, index))
  const { vcpus, maxVcpus } = vm
  if (maxVcpus !== undefined && (maxVcpus < vcpus || maxVcpus > vcpus && protocol === 'firmware')) {
    problems.push({
      path: pathText(['vms', index, 'maxVcpus']),
      message: `found ${maxVcpus}; allowed: ${maxVcpus < vcpus ? `at least as many as vcpus, ${vcpus}` : 'no more than vcpus, since firmware makes ACPI tables of its own, which name no processors that may come'}`,
    })
  }
  const { affinity, prefer } = vm
  const contrary = affinity && prefer?.filter(processor => !affinity.includes(processor))
  if (contrary?.length) {
    problems.push({
      path: pathText(['vms', index, 'prefer']),
      message: `found ${foundText(prefer)}; allowed: processors that affinity names too, ${foundText(affinity)}: add ${contrary.join(', ')} there or leave it out here`,
    })
  }
  return problems
}

/** The limits of a machine's memory lie on both sides of it. */
function checkMemory({ memory, minMemory, maxMemory, memoryWeight }: FullVm, index: number): Problem[] {
  const bytes = parseMemory(memory)!
  const problems: Problem[] = []
  if (minMemory !== undefined && parseMemory(minMemory)! > bytes) {
    problems.push({ path: pathText(['vms', index, 'minMemory']), message: `found ${foundText(minMemory)}; allowed: no more than memory, ${foundText(memory)}` })
  }
  if (maxMemory !== undefined && parseMemory(maxMemory)! < bytes) {
    problems.push({ path: pathText(['vms', index, 'maxMemory']), message: `found ${foundText(maxMemory)}; allowed: at least as much as memory, ${foundText(memory)}` })
  }
  if (memoryWeight !== undefined && minMemory === undefined && maxMemory === undefined) {
    problems.push({ path: pathText(['vms', index, 'memoryWeight']), message: `found ${memoryWeight}; allowed: nothing without minMemory or maxMemory, since there is nothing to move` })
  }
  return problems
}

/** A file that a virtual machine boots from, and the field that names it. */
interface NamedFile { keys: (string | number)[], path: string }

function namedFiles({ boot }: FullVm): NamedFile[] {
  const files: NamedFile[] = [{ keys: ['kernel'], path: boot.kernel }]
  if (boot.initrd !== undefined) files.push({ keys: ['initrd'], path: boot.initrd })
  boot.modules.forEach(({ path }, i) => files.push({ keys: ['modules', i, 'path'], path }))
  return files
}

function checkFiles(vm: FullVm, index: number, folder: string): Problem[] {
  const memory = parseMemory(vm.memory)!
  const problems: Problem[] = []
  let total = 0
  for (const { keys, path } of namedFiles(vm)) {
    const where = pathText(['vms', index, 'boot', ...keys])
    const place = resolve(folder, path)
    const file = statSync(place, { throwIfNoEntry: false })
    const isFirmware = vm.boot.protocol === 'firmware' && keys[0] === 'kernel'
    if (!file) problems.push({ path: where, message: `found ${foundText(path)}, but there is no file ${place}${hint(path)}` })
    else if (!file.isFile()) problems.push({ path: where, message: `found ${foundText(path)}, but ${place} is not a file` })
    else if (file.size === 0) problems.push({ path: where, message: `found ${foundText(path)}, but ${place} is empty` })
    else if (isFirmware && !isFirmwareSize(file.size)) problems.push({ path: where, message: `found ${foundText(path)} of ${file.size} bytes; allowed: 64 KiB to 16 MiB, a multiple of 4 KiB` })
    else if (isFirmware) continue // it does not lie in the memory
    else if (file.size >= memory) problems.push({ path: where, message: `found ${foundText(path)} of ${mebibytes(file.size)}; allowed: less than ${room(vm)}` })
    else total += file.size
  }
  if (!problems.length && total >= memory) {
    problems.push({
      path: pathText(['vms', index, 'boot']),
      message: `found files of ${mebibytes(total)} together; allowed: less than ${room(vm)}`,
    })
  }
  return problems
}

const isFirmwareSize = (size: number): boolean => size >= 64 << 10 && size <= 16 * MEBIBYTE && size % 4096 === 0

function room(vm: FullVm): string {
  return `the virtual machine's memory, ${mebibytes(parseMemory(vm.memory)!)}: give it more memory or smaller files`
}

function hint(path: string): string {
  return /(^|\/)build\/guests\//.test(path) ? ": 'make guests' builds the project's own guests" : ': paths are relative to the configuration'
}

function mebibytes(bytes: number): string {
  return bytes < MEBIBYTE ? `${bytes} bytes` : `${Number((bytes / MEBIBYTE).toFixed(1))} MiB`
}
