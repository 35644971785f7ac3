/**
 * Binds the Wasm modules to each other, from the headers that wasm2c wrote:
 *
 *     modules.ts imports MODULE.h capability.h > MODULE.imports.h   a sandbox's imports that are not inline, as calls into the nucleus
 *     modules.ts table modules.c sizes.inc nucleus.h MODULE.h …     the table of all modules that the nucleus instantiates from,
 *                                                                   and how much memory the nucleus starts with
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

interface Prototype { result: string, space: string, name: string, parameters: string[] }

const read = (path: string): string => readFileSync(path, 'utf8')
const moduleName = (path: string): string => basename(path, '.h')

/** The imported functions that a wasm2c header declares. */
function importsOf(header: string): Prototype[] {
  const pattern = /\/\* import: '(\w+)' '(\w+)' \*\/\n(\w+) w2c_\w+\(struct w2c_\w+\*(?:, )?([^)]*)\);/g
  return [...header.matchAll(pattern)].map(([, space, name, result, parameters]) => ({
    result, space, name, parameters: parameters ? parameters.split(', ') : [],
  }))
}

/** `ram.copyIn` is answered by the nucleus's export `ramCopyIn`. */
const nucleusExport = ({ space, name }: Prototype): string => space + name[0].toUpperCase() + name.slice(1)

function forward(prototype: Prototype): string {
  const { result, space, name, parameters } = prototype
  const named = parameters.map((type, i) => `, ${type} a${i}`).join('')
  const values = parameters.map((_, i) => `, a${i}`).join('')
  const target = `w2c_nucleus_${nucleusExport(prototype)}`
  const call = `${target}(nucleus_instance, ((const struct capabilities *)c)->subject${values})`
  return [
    `struct w2c_${space};`,
    `${result} ${target}(struct w2c_nucleus *, uint32_t${parameters.map((type) => `, ${type}`).join('')});`,
    // In its caller always: an interrupt that waited is taken behind STI, and the watchdog then names the line of TypeScript that asked.
    `__attribute__((always_inline)) static inline ${result} w2c_${space}_${name}(struct w2c_${space} *c${named}) {`,
    '  if (UNLIKELY((u8 *)__builtin_frame_address(0) < sandbox_stack_limit)) wasm_rt_trap(WASM_RT_TRAP_EXHAUSTION);',
    '  __asm__ volatile("cli" ::: "memory");',
    result === 'void' ? `  ${call};` : `  ${result} result = ${call};`,
    '  __asm__ volatile("sti" ::: "memory");',
    ...(result === 'void' ? [] : ['  return result;']),
    '}',
  ].join('\n')
}

function printImports(headerPath: string, capabilityPath: string): void {
  const inline = new Set([...read(capabilityPath).matchAll(/CAPABILITY\(\w+, (\w+), (\w+)/g)].map(([, space, name]) => `${space}.${name}`))
  for (const bits of [8, 16, 32, 64]) for (const access of ['read', 'write']) inline.add(`ram.${access}${bits}`)
  for (const bits of [8, 16, 32]) inline.add(`screen.write${bits}`)
  for (const bits of [8, 16, 32, 64]) for (const access of ['read', 'write', 'shared']) inline.add(`device.${access}${bits}`)
  const forwarded = importsOf(read(headerPath)).filter(({ space, name }) => !inline.has(`${space}.${name}`))
  console.log(`/* Written by tools/modules.ts: the nucleus runs with interrupts off, also when a sandbox calls it. */
#pragma once
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
extern struct w2c_nucleus *nucleus_instance;
extern u8 sandbox_stack_limit[] __asm__("kernel_stack.sandbox_limit"); /* below it is the nucleus's share of the stack */
${forwarded.map(forward).join('\n')}`)
}

function describe(path: string): string {
  const header = read(path)
  const name = moduleName(path)
  const spaces = /_instantiate\(w2c_\w+\*((?:, struct w2c_\w+\*)*)\)/.exec(header)![1].split(', ').slice(1)
  const functions = [...header.matchAll(/\/\* export: '(\w+)' \*\/\n\w+ (w2c_\w+)\(/g)]
  return `static void instantiate_${name}(void *instance, void *capabilities) {
  wasm2c_${name}_instantiate(instance${spaces.map(() => ', capabilities').join('')});
}
static const struct module_export exports_${name}[] = {
${functions.map(([, exported, symbol]) => `  {"${exported}", ${symbol}},`).join('\n')}
};
static const char *const imports_${name}[] = {
${importsOf(header).map(({ space, name }) => `  "${space}.${name}",`).join('\n')}
  0,
};`
}

/** An instance, its memory's descriptor and its function table lie below its linear memory at fixed distances: they must not meet. */
function fits(path: string): string {
  const instance = `w2c_${moduleName(path)}`
  return `_Static_assert(offsetof(${instance}, w2c_memory) <= INSTANCE_BEFORE - MEMORY_DISTANCE
  && sizeof(${instance}) - offsetof(${instance}, w2c_memory) <= MEMORY_DISTANCE - TABLE_DISTANCE, "${moduleName(path)}: too many globals");`
}

/** Initial and maximum pages of a module's memory: limits in the memory section of the Wasm beside its header. */
function modulePages(header: string): { initial: number, maximum: number } {
  const path = header.replace(/h$/, 'wasm')
  const bytes = readFileSync(path)
  let at = 8
  const leb = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value += (byte & 0x7F) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const section = bytes[at++]
    const length = leb()
    if (section !== 5) { at += length; continue }
    leb()
    const bounded = bytes[at++] & 1
    const initial = leb()
    return { initial, maximum: bounded ? leb() : 65536 }
  }
  throw new Error(`${path} has no memory`)
}

function table(paths: string[]): string {
  const record = (path: string): string => {
    const name = moduleName(path)
    const { initial, maximum } = modulePages(path)
    return `{"${name}", offsetof(w2c_${name}, w2c_memory), sizeof(w2c_${name}), ${initial}, ${maximum},
   sizeof exports_${name} / sizeof *exports_${name}, exports_${name}, instantiate_${name}, imports_${name}}`
  }
  const [nucleus, ...sandboxes] = paths
  return `/* Written by tools/modules.ts. */
#include "runtime.h"
#include "capability.h"
${paths.map((path) => `#include "${moduleName(path)}.h"`).join('\n')}
${paths.map(describe).join('\n')}
${paths.map(fits).join('\n')}
const struct module nucleus_module =
  ${record(nucleus)};
const struct module modules[] = {
  ${sandboxes.map(record).join(',\n  ')},
};
const uint32_t module_count = ${sandboxes.length};
`
}

const [command, ...paths] = process.argv.slice(2)
if (command === 'imports') printImports(paths[0], paths[1])
else if (command === 'table') {
  const [source, sizes, ...headers] = paths
  writeFileSync(source, table(headers))
  writeFileSync(sizes, `%define NUCLEUS_LINEAR_BYTES ${modulePages(headers[0]).initial * 65536}\n`)
} else {
  console.error('usage: modules.ts imports MODULE.h capability.h | table modules.c sizes.inc nucleus.h MODULE.h …')
  process.exitCode = 2
}
