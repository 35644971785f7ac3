/** What counts as a line that has to be trusted. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeLines, countTrusted } from '../../tools/trusted-lines.ts'

test('blank lines and comments do not count', () => {
  expect(codeLines('\n  \n// one\n/* two\n   three */\n/** four */\n\t\n', 'c')).toBe(0)
})
test('code with a comment on its line counts once', () => {
  expect(codeLines('a() // b()\n/* c */ d()\ne() /* f\n g */ h()\n', 'c')).toBe(4)
})
test('what looks like a comment in a string is none', () => {
  expect(codeLines("const a = '//'\nconst b = \"/*\"\nconst c = `\n// text\n*/`\nconst d = '\\'//'\n", 'c')).toBe(6)
})
test('assembly has its own comments', () => {
  expect(codeLines('; one\n  mov eax, 1 ; two\nlabel:\n\n  db "; three", 0\n  ; four\n', 'assembly')).toBe(3)
})
test('every trusted folder has code', () => {
  const counts = countTrusted(join(import.meta.dirname, '../..'))
  expect([...counts.keys()]).toEqual(['kernel', 'vmx', 'boot'])
  for (const count of counts.values()) expect(count).toBeGreaterThan(100)
})
