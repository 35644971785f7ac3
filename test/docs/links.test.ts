/** Links of all pages lead somewhere, to headings too. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { page, prose } from './blocks.ts'

const root = join(import.meta.dirname, '../..')
const pages = ['README.md', 'SUPPORT.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md')).map(name => `docs/${name}`)]

/** A heading's name in an address, as GitHub makes it. */
function anchor(heading: string): string {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, '').replaceAll(' ', '-')
}

function anchors(path: string): string[] {
  return [...prose(page(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading))
}

/** Where a page's links and pictures lead. */
function links(path: string): string[] {
  return [...prose(page(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
}

test('there are links, and a wrong one would be noticed', () => {
  expect(pages.flatMap(links).length).toBeGreaterThan(20)
  expect(anchors('docs/guide.md')).toContain('when-a-guest-reboots-or-crashes')
  expect(anchors('docs/guide.md')).not.toContain('nowhere')
})

test.each(pages)('%s', path => {
  const broken = links(path).filter(target => {
    if (/^https?:/.test(target)) return false
    const [file, heading] = target.split('#')
    const place = file ? join(dirname(path), file) : path
    return !existsSync(join(root, place)) || heading !== undefined && !anchors(place).includes(heading)
  })
  expect(broken).toEqual([])
})

test.each(pages)('%s names files that are there', path => {
  const named = [...prose(page(path)).matchAll(/`((?:boot|kernel|vmx|capability|machine|drivers|services|tools|test|docs|schema)\/[\w./-]+\.\w+|[\w-]+\/[\w-]+\.md)`/g)].map(([, file]) => file)
  expect(named.filter(file => !existsSync(join(root, file)))).toEqual([])
})
