/** The shape of a configuration, as zod checks it and as the published JSON Schema states it. */
import { z } from 'zod'
import { interfaces, networks } from './network.ts'

/** Most virtual machines that one configuration describes; the nucleus has room for no more. */
export const VM_LIMIT = 64
/** Most Multiboot or PVH modules of one virtual machine. */
export const MODULE_LIMIT = 64
/** Most bytes of a command line. */
export const COMMAND_LINE_LIMIT = 4095
/** Most disks of one virtual machine. */
export const DISK_LIMIT = 8
/** Most ports of a virtual machine's console. */
export const CONSOLE_PORT_LIMIT = 8
/** What the first of them is called. */
export const CONSOLE_NAME = 'console'
/** Most images of one configuration. */
export const IMAGE_LIMIT = 64
/** Most disks of the host's pool. */
export const POOL_DEVICE_LIMIT = 16
/** Most processors of a host that run virtual machines; the nucleus has room for no more. */
export const PROCESSOR_LIMIT = 32
export const MEBIBYTE = 2 ** 20
const MEMORY_LIMIT = 2 ** 40

/** A memory size in bytes, or undefined for what is none. A number counts MiB. */
export function parseMemory(memory: string | number): number | undefined {
  const match = /^(\d+) ?(MiB|GiB)$/.exec(typeof memory === 'number' ? `${memory} MiB` : memory)
  if (!match) return undefined
  const bytes = Number(match[1]) * (match[2] === 'GiB' ? 1024 * MEBIBYTE : MEBIBYTE)
  return bytes >= 2 * MEBIBYTE && bytes <= MEMORY_LIMIT && bytes % (2 * MEBIBYTE) === 0 ? bytes : undefined
}

/** A volume's size in bytes, or undefined for what is none. A number counts MiB. */
export function parseSize(size: string | number): number | undefined {
  const match = /^(\d+) ?(KiB|MiB|GiB|TiB)$/.exec(typeof size === 'number' ? `${size} MiB` : size)
  if (!match) return undefined
  const bytes = Number(match[1]) * 1024 ** (['KiB', 'MiB', 'GiB', 'TiB'].indexOf(match[2]) + 1)
  return bytes >= 4096 && bytes <= 2 ** 48 && bytes % 4096 === 0 ? bytes : undefined
}

/** A disk's rate in bytes a second, or undefined for what is none. */
export function parseByteRate(text: string): number | undefined {
  const match = /^(\d+) ?([KMG])iB\/s$/.exec(text)
  if (!match) return undefined
  const rate = Number(match[1]) * 1024 ** ('KMG'.indexOf(match[2]) + 1)
  return rate > 0 && rate <= 64 * 2 ** 30 ? rate : undefined
}

// The error of each field is what is allowed there; describe.ts puts the path and what was found in front of it.
const nameAllowed = '1 to 31 of the characters a-z, 0-9 and -'
const name = z.string({ error: nameAllowed }).regex(/^[a-z0-9-]{1,31}$/, { error: nameAllowed })

const memoryAllowed = "a size such as '128 MiB' or '1 GiB', or a number of MiB: a multiple of 2 MiB, from 2 MiB to 1 TiB"
const memoryError = { error: memoryAllowed }
const memory = z.union([
  z.string().regex(/^\d+ ?(MiB|GiB)$/, memoryError),
  z.number().int(memoryError).multipleOf(2, memoryError).min(2, memoryError).max(MEMORY_LIMIT / MEBIBYTE, memoryError),
], memoryError).refine(value => parseMemory(value) !== undefined, memoryError)

const pathAllowed = "a path to a file, relative to the configuration's folder"
const path = z.string({ error: pathAllowed }).min(1, { error: pathAllowed })

const commandLineAllowed = `text of at most ${COMMAND_LINE_LIMIT} bytes without control characters`
const commandLineError = { error: commandLineAllowed }
const commandLine = z.string(commandLineError).max(COMMAND_LINE_LIMIT, commandLineError).refine(
  // A lone surrogate has no UTF-8 form, so it is not to be found in any command line.
  text => Buffer.byteLength(text) <= COMMAND_LINE_LIMIT && !/[\p{Cc}\p{Cs}]/u.test(text), commandLineError,
)

const onOff = z.boolean({ error: 'true or false' })

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: values.map(value => `'${value}'`).join(', ') })
}

function whole(lowest: number, highest: number) {
  const error = `a whole number from ${lowest} to ${highest}`
  return z.number({ error }).int({ error }).min(lowest, { error }).max(highest, { error })
}

const processorsAllowed = `a list of numbers of the host's processors, each a whole number from 0 to ${PROCESSOR_LIMIT - 1}`
const processorsError = { error: processorsAllowed }
const processor = z.number(processorsError).int(processorsError).min(0, processorsError).max(PROCESSOR_LIMIT - 1, processorsError)
const processors = z.array(processor, processorsError).min(1, { error: `${processorsAllowed}; leave the field out to name none` })

const policy = oneOf(['restart', 'stop', 'pause'])

const modulesAllowed = `a list of at most ${MODULE_LIMIT} modules, each { path, cmdline }`
const module = z.strictObject({
  path: path.describe('The file that is handed to the kernel.'),
  cmdline: commandLine.default('').describe("The module's own command line."),
}, { error: '{ path, cmdline }' })

const boot = z.strictObject({
  protocol: oneOf(['linux', 'multiboot', 'multiboot2', 'pvh', 'firmware']).describe('How the kernel is loaded and entered.'),
  kernel: path.describe('The kernel: a bzImage for linux, the image that ends at 4 GiB for firmware, an ELF or flat image otherwise.'),
  initrd: path.optional().describe('The initial RAM disk of a linux or pvh kernel.'),
  modules: z.array(module, { error: modulesAllowed }).max(MODULE_LIMIT, { error: modulesAllowed }).default([])
    .describe('Modules of a multiboot, multiboot2 or pvh kernel, in order.'),
  cmdline: commandLine.default('').describe("The kernel's command line."),
}, { error: '{ protocol, kernel, initrd, modules, cmdline }' })

const serial = z.strictObject({
  mirror: onOff.default(false).describe("Shows the guest's serial output on the host console too, each line after '[name] '."),
}, { error: '{ mirror }' })

const rawAllowed = '1 to 64 printable ASCII characters without blanks at either end: the serial number of a medium of the host'
const volumeNameAllowed = "1 to 63 of the characters a-z, A-Z, 0-9, '.', '_' and '-'"
const volumeAllowed = `${volumeNameAllowed}: the name of a volume of the host's pool`
const sizeAllowed = "a size such as '512 MiB' or '10 GiB' (KiB, MiB, GiB, TiB), or a number of MiB: a multiple of 4 KiB, from 4 KiB to 256 TiB"
const sizeError = { error: sizeAllowed }
const size = z.union([z.string().regex(/^\d+ ?[KMGT]iB$/, sizeError), z.number().int(sizeError).positive(sizeError)], sizeError)
  .refine(value => parseSize(value) !== undefined, sizeError)

const byteRateAllowed = "a rate such as '100 MiB/s' (KiB/s, MiB/s, GiB/s), from 1 KiB/s to 64 GiB/s"
const disksAllowed = `a list of at most ${DISK_LIMIT} disks, each { raw, readOnly } or { volume, image, size, readOnly, byteLimit, requestLimit }`
const disk = z.strictObject({
  raw: z.string({ error: rawAllowed }).regex(/^[!-~]([ -~]{0,62}[!-~])?$/, { error: rawAllowed }).optional().describe('Serial number of the medium of the host that is the disk, whole.'),
  volume: z.string({ error: volumeAllowed }).regex(/^[\w.-]{1,63}$/, { error: volumeAllowed }).optional().describe("Name of the volume of the host's pool that is the disk."),
  image: path.optional().describe('File with what a disk holds: the volume is made of it when there is none of its name.'),
  size: size.optional().describe("The volume's size when it is made, e.g. '10 GiB'; a number counts MiB. As large as the image when it is left out."),
  readOnly: onOff.default(false).describe('Keeps the virtual machine from writing it.'),
  byteLimit: z.string({ error: byteRateAllowed }).refine(value => parseByteRate(value) !== undefined, { error: byteRateAllowed }).optional().describe("The most that is read and written of the volume in a second, e.g. '100 MiB/s': more waits."),
  requestLimit: whole(1, 10_000_000).optional().describe('The most requests of the volume in a second: more wait.'),
}, { error: '{ raw, readOnly } or { volume, image, size, readOnly, byteLimit, requestLimit }' })

const poolDevicesAllowed = `a list of 1 to ${POOL_DEVICE_LIMIT} serial numbers of disks of the host, or SERIAL:NUMBER for a partition of one`
const pool = z.strictObject({
  name: z.string({ error: volumeNameAllowed }).regex(/^[\w.-]{1,63}$/, { error: volumeNameAllowed }).describe('What the pool is called.'),
  devices: z.array(z.string({ error: rawAllowed }).regex(/^[!-~]([ -~]{0,62}[!-~])?$/, { error: rawAllowed }), { error: poolDevicesAllowed })
    .min(1, { error: poolDevicesAllowed }).max(POOL_DEVICE_LIMIT, { error: poolDevicesAllowed }).describe('Serial numbers of the disks that it is made of, or SERIAL:NUMBER for a GPT partition of one.'),
}, { error: '{ name, devices }' })

const portsAllowed = `a list of at most ${CONSOLE_PORT_LIMIT - 1} names, each ${nameAllowed}, and not 'console'`
const portsError = { error: portsAllowed }
const portName = z.string(portsError).regex(/^[a-z0-9-]{1,31}$/, portsError).refine(text => text !== CONSOLE_NAME, portsError)
const guestConsole = z.strictObject({
  ports: z.array(portName, portsError).max(CONSOLE_PORT_LIMIT - 1, portsError).default([]).describe('Names of its further ports, /dev/virtio-ports/NAME in Linux.'),
}, { error: '{ ports }' })

const imagesAllowed = `a list of at most ${IMAGE_LIMIT} paths to files`

const vm = z.strictObject({
  name: name.describe('What the virtual machine is called on the console.'),
  memory: memory.describe("Guest RAM, e.g. '128 MiB'; a number counts MiB."),
  minMemory: memory.optional().describe('The least that the guest can be asked to keep while it runs; as much as memory when it is left out.'),
  maxMemory: memory.optional().describe('The most that it can be given while it runs; as much as memory when it is left out.'),
  memoryWeight: whole(1, 10000).optional().describe("Has the host move memory between its limits by itself: its share beside the other virtual machines. Without it memory is moved by hand only."),
  memoryReporting: onOff.default(false).describe('Takes memory that the guest says nobody uses, for others to be given, and gives it again when the guest uses it. A guest for which there is none then is paused. Experimental.'),
  vcpus: whole(1, 32).default(1).describe('Virtual processors.'),
  maxVcpus: whole(1, 32).optional().describe('Virtual processors that it can be given while it runs; as many as vcpus when it is left out.'),
  autostart: onOff.default(true).describe('Starts the virtual machine when the host has booted.'),
  boot: boot.describe('What the virtual machine boots.'),
  serial: serial.default({ mirror: false }).describe("The virtual machine's serial port."),
  console: guestConsole.optional().describe('Gives it a console, virtio-console, whose first port is hvc0 in Linux. Experimental.'),
  rng: onOff.default(true).describe('Gives it an entropy device, virtio-rng.'),
  virtio: oneOf(['modern', 'transitional']).default('modern').describe("How its virtio devices are: 'transitional' ones are found by drivers from before virtio 1.0, too. Experimental."),
  disks: z.array(disk, { error: disksAllowed }).max(DISK_LIMIT, { error: disksAllowed }).default([]).describe('Its disks, in order. Experimental.'),
  interfaces,
  onReboot: policy.default('restart').describe('What happens when the guest reboots.'),
  onCrash: policy.default('stop').describe('What happens when the guest crashes.'),
  weight: whole(1, 10000).default(100).describe('Share of the processors beside the other virtual machines.'),
  cap: whole(1, 100 * PROCESSOR_LIMIT).optional().describe('The most that it gets of the processors, in percent of one.'),
  affinity: processors.optional().describe("Numbers of the host's processors that may run it; all may when it is left out."),
  prefer: processors.optional().describe("Numbers of the host's processors that should run it where there is a choice."),
}, { error: 'an object that describes a virtual machine' })

const vmsAllowed = `a list of at most ${VM_LIMIT} virtual machines`

/** A whole configuration. */
export const configSchema = z.strictObject({
  $schema: z.string({ error: 'the address of the JSON Schema' }).optional().describe('Where an editor finds the JSON Schema.'),
  name: name.default('typervisor').describe("The host's name."),
  coreScheduling: onOff.default(false).describe('Keeps virtual processors of two machines off the threads of one core at the same time.'),
  networks,
  pool: pool.optional().describe('The storage pool that is made when the host starts and has none. Only of disks and partitions on which nothing is found.'),
  images: z.array(path, { error: imagesAllowed }).max(IMAGE_LIMIT, { error: imagesAllowed }).default([])
    .describe('Files that volume import makes volumes of, beside those that disks name.'),
  vms: z.array(vm, { error: vmsAllowed }).max(VM_LIMIT, { error: vmsAllowed }).describe('The virtual machines.'),
}, { error: 'an object { name, coreScheduling, networks, pool, images, vms }' })

/** A configuration as it is written: defaults may be left out. */
export type Config = z.input<typeof configSchema>

/** A configuration with every default filled in. */
export type FullConfig = z.output<typeof configSchema>

/** One virtual machine with every default filled in. */
export type FullVm = FullConfig['vms'][number]
