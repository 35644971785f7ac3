/** `make iso`: checks a configuration, packs it with its guests' files, and makes the bootable image. */
import { existsSync, statSync } from 'node:fs'
import { Command } from 'commander'
import { ConfigError } from './config/error.ts'
import { loadConfig } from './config/load.ts'
import { IsoError, makeIso } from './image/iso.ts'
import { writePack } from './image/pack.ts'

interface Options { config: string, out: string, nucleus: string }

const { config, out, nucleus } = new Command('iso')
  .description('Makes a bootable image of Typervisor and its virtual machines.')
  .option('--config <path>', 'the configuration, a .ts or .json file', 'typervisor.config.ts')
  .option('--out <path>', 'the image to make', 'build/typervisor.iso')
  .option('--nucleus <path>', 'the nucleus to put into it', 'build/boot/typervisor.elf')
  .parse().opts<Options>()

try {
  console.log(`  checks  ${config}`)
  const loaded = await loadConfig(config)
  if (!existsSync(nucleus)) throw new IsoError(`there is no nucleus ${nucleus}: 'make ${nucleus}' builds it`)
  const pack = out.replace(/(\.iso)?$/, '.pack')
  const { vms, files, size } = writePack(loaded, pack)
  console.log(`  packs   ${count(vms, 'virtual machine')} and ${count(files.length, 'file')} into ${pack}, ${mebibytes(size)}`)
  makeIso({ nucleus, pack, target: out }, text => console.log(`  makes   ${text}`))
  console.log(`  done    ${out}, ${mebibytes(statSync(out).size)}`)
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof IsoError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function count(number: number, what: string): string { return `${number} ${what}${number === 1 ? '' : 's'}` }

function mebibytes(bytes: number): string { return `${(bytes / 2 ** 20).toFixed(1)} MiB` }
