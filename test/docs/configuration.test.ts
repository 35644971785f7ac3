/** docs/configuration.md is true of the schema: its tables, its examples and its messages; and so are the examples of docs/network.md. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../tools/config/error.ts'
import { jsonSchemaText } from '../../tools/config/json-schema.ts'
import { loadConfig } from '../../tools/config/load.ts'
import { MEBIBYTE } from '../../tools/config/schema.ts'
import { blocks, page } from './blocks.ts'

const root = join(import.meta.dirname, '../..')
const text = page('docs/configuration.md')
const folder = join(root, 'build/test/docs-configuration')

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'guests'), { recursive: true })
  for (const name of ['vmlinuz', 'kernel.elf', 'web.cpio', 'batch.cpio', 'data.bin', 'root.img']) writeFileSync(join(folder, 'guests', name), 'x')
  writeFileSync(join(folder, 'guests/large'), Buffer.alloc(4 * MEBIBYTE))
})
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

interface Schema { properties: Record<string, any>, required?: string[] }
const schema = JSON.parse(jsonSchemaText())
const vm: Schema = schema.properties.vms.items
const network: Schema = schema.properties.networks.items
const networkInterface: Schema = vm.properties.interfaces.items
const objects: [string, Schema][] = [
  ['### The host', schema],
  ['### The pool: `pool`', schema.properties.pool],
  ['### A virtual machine: `vms[]`', vm],
  ['### What it boots: `boot`', vm.properties.boot],
  ['### A module: `boot.modules[]`', vm.properties.boot.properties.modules.items],
  ['### The serial port: `serial`', vm.properties.serial],
  ['### A console: `console`', vm.properties.console],
  ['### A disk: `disks[]`', vm.properties.disks.items],
  ['### A network: `networks[]`', network],
  ['### The way outside: `networks[].uplink`', network.properties.uplink],
  ['### A network interface: `interfaces[]`', networkInterface],
  ['### Storms: `interfaces[].storm`', networkInterface.properties.storm],
]

/** The rows of the first table behind a heading: field to its other cells. */
function table(heading: string): Record<string, string[]> {
  const section = text.slice(text.indexOf(`\n${heading}\n`))
  const [found] = /(?:^\|.*\n)+/m.exec(section)!
  const rows = found.trimEnd().split('\n').slice(2).map(row => row.slice(2, -2).split(' | '))
  return Object.fromEntries(rows.map(([field, ...cells]) => [field.replaceAll('`', ''), cells]))
}

const kinds: Record<string, string> = { string: 'text', number: 'number', integer: 'number', boolean: 'boolean', array: 'list', object: 'object' }

function kindOf(property: any): string {
  if (property.anyOf) return property.anyOf.map(kindOf).join(' or ')
  return kinds[property.type]
}

describe.each(objects)('%s', (heading, object) => {
  const rows = table(heading)

  test('has the fields of the schema, and no others', () => expect(Object.keys(rows)).toEqual(Object.keys(object.properties)))

  test.each(Object.entries(object.properties))('%s', (name, property) => {
    const [kind, fallback, allowed] = rows[name]
    expect(kind).toBe(kindOf(property))
    const wanted = 'default' in property ? `\`${JSON.stringify(property.default)}\`` : object.required?.includes(name) ? 'required' : 'none'
    expect(fallback).toBe(wanted)
    for (const value of property.enum ?? []) expect(allowed).toContain(`'${value}'`)
    if (property.type === 'integer') for (const bound of [property.minimum, property.maximum]) expect(allowed).toContain(String(bound))
    if (property.maxItems) expect(allowed).toContain(String(property.maxItems))
  })
})

const examples = [...blocks(text), ...blocks(page('docs/network.md'))].filter(({ title }) => title === 'example')

test('there are examples in both languages', () => expect(new Set(examples.map(({ language }) => language))).toEqual(new Set(['ts', 'json'])))

test.each(examples.map((example, index) => [index, example] as const))('example %i is in order', async (index, { language, text }) => {
  const place = join(folder, `example-${index}.${language}`)
  writeFileSync(place, text)
  const { config } = await loadConfig(place)
  expect(config.vms.length).toBeGreaterThan(0)
})

test('the examples have the right types', () => {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tools/tsconfig.json'), include: ['./example-*.ts'] }))
  examples.forEach(({ language, text }, index) => { if (language === 'ts') writeFileSync(join(folder, `example-${index}.ts`), text) })
  const wrong = () => execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'pipe', encoding: 'utf8' })
  expect(wrong).not.toThrow()
  writeFileSync(join(folder, 'example-wrong.ts'), examples[0].text.replace("'512 MiB'", 'true'))
  expect(wrong).toThrow()
  rmSync(join(folder, 'example-wrong.ts'))
})

const wrong = blocks(text).filter(({ title }) => title === 'wrong')
const messages = blocks(text).filter(({ title }) => title === 'message')

test('every wrong example has its message', () => expect(wrong.length).toBe(messages.length))

test.each(wrong.map((example, index) => [index, example.text, messages[index].text] as const))('wrong example %i is refused as shown', async (_index, code, message) => {
  const place = join(folder, 'typervisor.config.ts')
  writeFileSync(place, code)
  const error = await loadConfig(place).then(() => undefined, error => error)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message.replaceAll(`${folder}/`, '') + '\n').toBe(message)
})
