/** Code blocks of a page, as CommonMark fences them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** One fenced block: the language and what follows it on the fence. */
export interface Block { language: string, title: string, text: string }

/** The text of a page, by its path from the project's root. */
export function page(path: string): string { return readFileSync(join(root, path), 'utf8') }

/** All fenced blocks of a page, in order. */
export function blocks(text: string): Block[] {
  return [...text.matchAll(/^```(\w*) ?(.*)\n([^]*?)^```$/gm)].map(([, language, title, text]) => ({ language, title, text }))
}

/** A page without its fenced blocks. */
export function prose(text: string): string { return text.replace(/^```[^]*?^```$/gm, '') }
