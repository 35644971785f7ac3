/** docs/console.md shows what the console really says. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { replay, transcripts } from './transcript'
import { boot } from './world'

const page = readFileSync('docs/console.md', 'utf8')
const all = transcripts(page)

it('has transcripts', () => expect(all.length).toBeGreaterThan(10))

it.each(all.map((transcript) => [transcript.lines[0], transcript] as const))('%s', async (_first, transcript) => {
  expect(await replay(transcript)).toEqual(transcript.lines)
})

it('shows every command', async () => {
  const host = await boot()
  host.screen.width = 10_000
  const names = host.run('help').split('\n\n')[0].split('\n').slice(1).map((line) => line.split(/ {2,}| \[| [A-Z]+/)[0])
  expect(names.length).toBeGreaterThan(15)
  for (const name of names) expect(page, name).toContain(name === 'reboot' ? '## shutdown, reboot' : `typervisor> ${name}`)
})
