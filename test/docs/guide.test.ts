/** The messages that docs/guide.md explains are those that the code says. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { page } from './blocks.ts'

const root = join(import.meta.dirname, '../..')
const sources = ['kernel', 'vmx', 'machine', 'services'].flatMap(folder => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts')).map(name => readFileSync(join(root, folder, name), 'utf8'))).join('\n')

const section = page('docs/guide.md').split('## Troubleshooting')[1]
const messages = section.split('\n').filter(line => line.startsWith('| `')).flatMap(line => [...line.split(' | ')[0].matchAll(/`([^`]+)`/g)].map(([, message]) => message))

test('there are messages', () => expect(messages.length).toBeGreaterThan(15))

// What differs from case to case is left out of a message; what is left has to be somewhere in the code.
test.each(messages)('%s', message => {
  const parts = message.split('…').map(part => part.trim()).filter(part => /\w/.test(part))
  expect(parts.filter(part => !sources.includes(part))).toEqual([])
})
