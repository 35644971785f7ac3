/** The line editor, as hands meet it: every key against what readline and the terminals' manuals say it does. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, World } from './world'

const up = '\x1b[A', down = '\x1b[B', right = '\x1b[C', left = '\x1b[D'
let host: World
const row = () => host.screen.cursorRow().replace('typervisor> ', '')
beforeEach(async () => { host = await boot() })

describe('keys', () => {
  it.each([
    ['characters', 'abc', 'abc|'],
    ['cursor left, insert in the middle', `abd${left}c`, 'abc|d'],
    ['cursor keys of the application mode', 'abd\x1bODc\x1bOC', 'abcd|'],
    ['left stops at the start', `a${left}${left}${left}b`, 'b|a'],
    ['right stops at the end', `a${right}${right}b`, 'ab|'],
    ['Ctrl-B and Ctrl-F', 'abc\x02\x02\x06x', 'abx|c'],
    ['Home, as xterm sends it', 'bc\x1b[Ha', 'a|bc'],
    ['Home and End, as a VT220 sends them', 'bc\x1b[1~a\x1b[4~d', 'abcd|'],
    ['Home and End, as rxvt sends them', 'bc\x1b[7~a\x1b[8~d', 'abcd|'],
    ['Home and End of the application mode', 'bc\x1bOHa\x1bOFd', 'abcd|'],
    ['Ctrl-A and Ctrl-E', 'bc\x01a\x05d', 'abcd|'],
    ['backspace as DEL', 'abc\x7f', 'ab|'],
    ['backspace as BS', 'abc\x08', 'ab|'],
    ['backspace in the middle', `abc${left}\x7f`, 'a|c'],
    ['delete', `abc${left}${left}\x1b[3~`, 'a|c'],
    ['Ctrl-D deletes on a line', 'abc\x01\x04', '|bc'],
    ['Ctrl-K', `abc${left}${left}\x0b`, 'a|'],
    ['Ctrl-U', `abc${left}\x15`, '|c'],
    ['Ctrl-W', 'vm list web\x17', 'vm list |'],
    ['Ctrl-W takes the blanks behind the word', 'vm list   \x17', 'vm |'],
    ['Alt-Backspace', 'vm list\x1b\x7f', 'vm |'],
    ['word left by Alt-b and Ctrl-Left', 'one two three\x1bb\x1b[1;5Dx', 'one x|two three'],
    ['word right by Alt-f and Ctrl-Right', 'one two three\x01\x1bf\x1b[1;5Cx', 'one twox| three'],
    ['unknown sequences are swallowed', 'a\x1b[200~b\x1b[?1;2cc\x1b[24;80Rd', 'abcd|'],
    ['two byte characters', 'äöü\x7f', 'äö|'],
    ['four byte characters', `a😀b${left}\x7f`, 'a|b'],
    ['characters of two columns', `漢字${left}x`, '漢x|字'],
    ['a combining mark', 'e\u0301x\x7f', 'e\u0301|'],
  ])('%s', (_name, typed, expected) => {
    host.type(typed)
    expect(row()).toBe(expected)
  })

  it('shows U+FFFD for what is not UTF-8, and goes on', () => {
    host.type(Buffer.from([0x61, 0xff, 0x62, 0xc3, 0x28]))
    expect(row()).toMatch(/^a\ufffdb\ufffd?\(\|$/)
  })

  it('takes a character whose bytes come one by one', () => {
    for (const byte of Buffer.from('x€y')) host.type(Buffer.from([byte]))
    expect(row()).toBe('x€y|')
  })

  it('takes an escape sequence whose bytes come one by one', () => {
    host.type('ab')
    for (const byte of Buffer.from('\x1b[1;5D')) host.type(Buffer.from([byte]))
    host.type('x')
    expect(row()).toBe('x|ab')
  })

  it('takes CR, LF and CR LF as one Enter', () => {
    for (const end of ['\r', '\n', '\r\n']) {
      const before = host.screen.lines().length
      host.type('log' + end)
      expect(host.screen.lines().length - before).toBe(1)
    }
  })

  it('Ctrl-C leaves the line and keeps it on the screen', () => {
    host.type('vm kill web\x03')
    expect(host.screen.lines().at(-2)).toBe('typervisor> vm kill web^C')
    expect(row()).toBe('|')
    expect(host.orders).toEqual([])
  })

  it('Ctrl-L clears the screen and keeps the line', () => {
    host.type('vm li\x0c')
    expect(host.screen.lines()[host.screen.top]).toBe('typervisor> vm li')
    expect(host.screen.cursorRow()).toBe('typervisor> vm li|')
  })

  it('Ctrl-D on an empty line says how to end', () => {
    host.type('\x04')
    expect(host.screen.lines().at(-2)).toContain('shutdown switches the host off')
    expect(row()).toBe('|')
  })

  it('rings where a key can do nothing', () => {
    host.type('\x7f')
    expect(host.screen.bells).toBe(1)
  })
})

describe('long lines', () => {
  it('scroll sideways within one row', () => {
    const text = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ')
    const before = host.screen.row
    host.type(text)
    expect(host.screen.row).toBe(before)
    expect(row()).toMatch(/word28 word29\|$/)
    host.type('\x01')
    expect(row()).toMatch(/^\|word0 word1 /)
    expect(host.screen.lines()[before].length).toBeLessThan(80)
  })

  it('are carried out whole', () => {
    host.type('vm set web weight ' + ' '.repeat(500) + '77\r')
    expect(host.vm('web').weight).toBe(77n)
  })

  it('end at 4096 characters, with one bell', () => {
    host.type('x'.repeat(5000))
    expect(host.screen.bells).toBe(1)
    host.type('\x7fy\x01vm list ')
    expect(host.screen.bells).toBe(2)
  })
})

describe('history', () => {
  it('goes back and forth, and returns to what was being typed', () => {
    host.run('vm list')
    host.run('log')
    host.type('half')
    host.type(up)
    expect(row()).toBe('log|')
    host.type('\x10')
    expect(row()).toBe('vm list|')
    host.type(up)
    expect(host.screen.bells).toBe(1)
    host.type(down)
    expect(row()).toBe('log|')
    host.type('\x0e')
    expect(row()).toBe('half|')
  })

  it('keeps neither blank lines nor repetitions', () => {
    host.run('vm list')
    host.run('log')
    host.run('log')
    host.run('   ')
    host.type(up)
    expect(row()).toBe('log|')
    host.type(up)
    expect(row()).toBe('vm list|')
  })

  it('carries a recalled line out', () => {
    host.run('vm stop web')
    host.vm('web').state = 1
    host.type(up + '\r')
    expect(host.orders).toEqual(['stop web', 'stop web'])
  })
})

describe('completion', () => {
  it.each([
    ['a command', 'sa\t', 'sandbox |'],
    ['a subcommand', 'vm inf\t', 'vm info |'],
    ['a VM', 'vm start w\t', 'vm start web |'],
    ['a second VM, not the first again', 'vm start web \t', 'vm start web db |'],
    ['an option', 'vm info web --\t', 'vm info web --json |'],
    ['an option where nothing else can stand', 'vm list \t', 'vm list --json |'],
    ['a setting', 'vm set web we\t', 'vm set web weight |'],
    ['a setting as far as it is certain', 'vm set web o\t', 'vm set web on|'],
    ['a value', 'vm set web onCrash re\t', 'vm set web onCrash restart |'],
    ['a switch', 'vm set web mirror of\t', 'vm set web mirror off |'],
    ['the words of a sandbox', 'sandbox restart machine w\t', 'sandbox restart machine web |'],
    ['what help explains', 'help vm conso\t', 'help vm console |'],
    ['nothing where nothing fits', 'vm start x\t', 'vm start x|'],
    ['nothing behind an unknown command', 'frob w\t', 'frob w|'],
    ['before the rest of the line', `vm info --json${'\x1b[D'.repeat(6)}w\t`, 'vm info web |--json'],
  ])('%s', (_name, typed, expected) => {
    host.type(typed)
    expect(row()).toBe(expected)
  })

  it('lists the ways and keeps the line', () => {
    host.type('vm re\t')
    expect(row()).toBe('vm res|')
    host.type('\t')
    expect(host.screen.lines().at(-2)).toBe('reset   resume')
    expect(row()).toBe('vm res|')
  })
})
