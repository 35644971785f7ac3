/** Writes the JSON Schema of a configuration, for editors that complete and check a `typervisor.config.json`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { configSchema } from './schema.ts'

/** The schema as the text that is published. Draft 7 is what editors know best. */
export function jsonSchemaText(): string {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' })
  return JSON.stringify({ title: 'Typervisor configuration', ...schema }, null, 2) + '\n'
}

if (process.argv[1] === import.meta.filename) {
  const target = process.argv[2]
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, jsonSchemaText())
}
