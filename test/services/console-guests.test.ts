/** Guests on the console: mirrored lines, announcements, the attached terminal, and rings that are full or overwritten. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, Ring, state, World } from './world'

const detach = '\x1d'
let host: World
beforeEach(async () => { host = await boot((world) => { for (const vm of world.vms) vm.mirror = 1n }) })

function writes(name: string, text: string | Uint8Array): void {
  host.vm(name).output.write(text)
  host.wake()
}

/** The rows below the banner. */
function rows(): string[] {
  const lines = host.screen.lines()
  return lines.slice(lines.findIndex((line) => line.startsWith('help lists')) + 2)
}

describe('mirrored output', () => {
  it('appears above the prompt, each line with the name', () => {
    writes('web', 'one\r\ntwo\n')
    writes('db', 'three\r\n')
    expect(rows()).toEqual(['[web] one', '[web] two', '[db] three', 'typervisor>'])
  })

  it('does not disturb the line being edited', () => {
    host.type('vm stp' + '\x1b[D')
    writes('web', 'hello\r\n')
    expect(host.screen.cursorRow()).toBe('typervisor> vm st|p')
    host.type('o')
    writes('db', 'hello\r\n')
    host.type('\x05 web')
    expect(rows()).toEqual(['[web] hello', '[db] hello', 'typervisor> vm stop web'])
  })

  it('waits for the end of a line, so that guests do not mix', () => {
    writes('web', 'half ')
    writes('db', 'other ')
    writes('web', 'whole\r\n')
    writes('db', 'line\r\n')
    expect(rows()).toEqual(['[web] half whole', '[db] other line', 'typervisor>'])
  })

  it('shows an unfinished line after a second', () => {
    writes('web', 'login: ')
    host.advance(900)
    expect(rows()).toEqual(['typervisor>'])
    host.advance(200)
    expect(rows()).toEqual(['[web] login:', 'typervisor>'])
    writes('web', 'root\r\n')
    expect(rows()).toEqual(['[web] login:', '[web] root', 'typervisor>'])
  })

  it.each([
    ['escape sequences', '\x1b[1;31mred\x1b[0m\x1b[2J\x1b[H', 'red'],
    ['strings for the terminal', '\x1b]0;title\x07a\x1b]52;c;x\x1b\\b\x1bPq\x1b\\c', 'abc'],
    ['control characters', 'a\x00\x05\x0e\x0f\x07b\x7f', 'ab'],
    ['C1 controls', 'a\u009b31mb\u0085', 'a31mb'],
    ['text direction', 'a\u202eb\u2066c', 'abc'],
    ['what is not UTF-8', Buffer.from([0x61, 0xff, 0x62]), 'a\ufffdb'],
  ])('loses %s', (_name, text, expected) => {
    host.vm('web').output.write(text)
    writes('web', '\r\n')
    expect(rows()).toEqual([`[web] ${expected}`, 'typervisor>'])
  })

  it.each([
    ['a carriage return overwrites', '10%\r20%\r100%', '100%'],
    ['a backspace overwrites', 'ab\b\bcd', 'cd'],
    ['erase to the end of the line', 'loading...\r\x1b[Kok', 'ok'],
    ['a tab is blanks', 'a\tb', 'a       b'],
    ['text that is not ASCII stays', 'Grüße, 漢字 😀', 'Grüße, 漢字 😀'],
  ])('%s', (_name, text, expected) => {
    writes('web', text + '\r\n')
    expect(rows()).toEqual([`[web] ${expected}`, 'typervisor>'])
  })

  it('cuts an endless line, not inside a character', () => {
    writes('web', '€'.repeat(700)) // 2100 bytes; 1024 is no multiple of 3
    host.advance(1100)
    const text = rows().join('').replace('typervisor>', '')
    expect(text).toBe(`[web] ${'€'.repeat(341)}[web] ${'€'.repeat(341)}[web] ${'€'.repeat(18)}`)
  })

  it('begins when it is switched on, and ends when it is switched off', async () => {
    host = await boot()
    writes('web', 'before\r\n')
    host.run('vm set web mirror on')
    writes('web', 'after\r\n')
    expect(host.screen.text()).not.toContain('before')
    expect(host.screen.text()).toContain('[web] after')
    host.run('vm set web mirror off')
    writes('web', 'never\r\n')
    expect(host.screen.text()).not.toContain('never')
  })

  it('shows what was written before the console started', async () => {
    host = await boot((world) => { world.vm('web').mirror = 1n; world.vm('web').output.write('early\r\n') })
    expect(host.screen.text()).toContain('[web] early')
  })

  it('gives every guest its turn while the terminal is slow', () => {
    host.vm('web').output.write('flood of web\r\n'.repeat(1000))
    host.vm('db').output.write('flood of db\r\n'.repeat(1000))
    host.room = 0
    host.wake()
    host.drain(4000)
    const shown = host.screen.lines()
    const of = (name: string) => shown.filter((line) => line === `[${name}] flood of ${name}`).length
    expect(of('web')).toBeGreaterThan(50)
    expect(Math.abs(of('web') - of('db'))).toBeLessThan(3)
  })

  it('waits in the ring while the terminal takes nothing, and says what was lost', () => {
    host.vm('web').output = new Ring(1000)
    host.room = 0
    for (let i = 0; i < 300; i++) writes('web', `number ${i} of many lines that nobody takes\r\n`)
    host.drain(Infinity)
    const text = host.screen.text()
    expect(text).toContain('[web] number 0 of')
    expect(text).toMatch(/\[web\] \.\.\. \d+ bytes lost/)
    expect(text).toContain('[web] number 299 of')
    const shown = Number(/\[web\] \.\.\. (\d+) bytes lost/.exec(text)![1])
    expect(shown).toBeGreaterThan(5000)
  })

  it('does not keep commands from being carried out', () => {
    for (let i = 0; i < 200; i++) {
      host.vm('web').output.write('noise\r\n'.repeat(20))
      host.type('vm list'[i % 7] ?? '')
    }
    host.type('\x15vm stop db\r')
    expect(host.orders).toEqual(['stop db'])
  })
})

describe('announcements', () => {
  it.each([
    ['a crash', { state: state.crashed, reason: 'triple fault' }, '*** web crashed: triple fault'],
    ['a power-off', { state: state.stopped, reason: 'powered off by the guest' }, '*** web stopped: powered off by the guest'],
    ['a restart', { restarts: 1n, reason: 'reset by the guest through the keyboard controller' }, '*** web restarted: reset by the guest through the keyboard controller'],
    ['a pause', { state: state.paused, reason: 'paused after a crash' }, '*** web paused: paused after a crash'],
  ])('%s', (_name, change, expected) => {
    host.type('half a line')
    Object.assign(host.vm('web'), change)
    host.wake()
    host.wake()
    expect(rows()).toEqual([expected, 'typervisor> half a line'])
  })

  it('come behind what the guest said last', () => {
    host.vm('web').output.write('Kernel panic')
    Object.assign(host.vm('web'), { state: state.crashed, reason: 'triple fault' })
    host.wake()
    expect(rows()).toEqual(['[web] Kernel panic', '*** web crashed: triple fault', 'typervisor>'])
  })
})

describe('vm console', () => {
  it('says how to detach and shows the end of what was written', () => {
    host.vm('web').output.write('x'.repeat(9000) + '\r\n~ # ')
    host.type('vm console web\r')
    expect(host.screen.text()).toContain('Attached to web. Ctrl-] detaches.')
    expect(host.screen.cursorRow()).toMatch(/^~ # ?\|$/)
    expect(host.screen.raw.split('detaches.\r\n')[1]).toHaveLength(4096)
  })

  it('passes bytes through in both directions, unchanged', () => {
    host.type('vm console web\r')
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter((byte) => byte !== 0x1d))
    host.type(bytes)
    expect(Buffer.from(host.vm('web').input)).toEqual(bytes)
    writes('web', '\x1b[1mbold\x1b[0m\r\n')
    expect(host.screen.raw.endsWith('\x1b[1mbold\x1b[0m\r\n')).toBe(true)
  })

  it('detaches by Ctrl-], and what follows is a command', () => {
    host.type(`vm console web\rls\r${detach}vm stop db\r`)
    expect(Buffer.from(host.vm('web').input).toString()).toBe('ls\r')
    expect(host.orders).toEqual(['stop db'])
    expect(host.screen.text()).toContain('Detached from web.')
  })

  it('replays what was missed since the last time, and only that', () => {
    host.vm('web').mirror = 0n
    writes('web', 'first\r\n')
    host.type('vm console web\r')
    host.type(detach)
    writes('web', 'second\r\n')
    const before = host.screen.row
    host.type('vm console web\r')
    const text = host.screen.lines().slice(before).join('\n')
    expect(text).toContain('second')
    expect(text).not.toContain('first')
  })

  it('says how much was overwritten', () => {
    host.vm('web').output = new Ring(100)
    host.vm('web').mirror = 0n
    host.type(`vm console web\r${detach}`)
    writes('web', 'y'.repeat(350))
    host.type('vm console web\r')
    expect(host.screen.text()).toContain('... 250 bytes lost')
  })

  it('makes the guest wait for a slow terminal instead of losing bytes', () => {
    host.type('vm console web\r')
    const text = Array.from({ length: 3000 }, (_, i) => `line ${i}\r\n`).join('')
    host.room = 0
    writes('web', text)
    for (let i = 0; i < 100; i++) host.drain(1000)
    expect(host.screen.raw.endsWith(text)).toBe(true)
  })

  it('offers the rest again to a guest whose ring is full', () => {
    host.vm('web').inputRoom = 3
    host.type('vm console web\rabcdef')
    expect(Buffer.from(host.vm('web').input).toString()).toBe('abc')
    host.vm('web').inputRoom = Infinity
    host.advance(100)
    expect(Buffer.from(host.vm('web').input).toString()).toBe('abcdef')
  })

  it('detaches from a guest that takes nothing', () => {
    host.vm('web').inputRoom = 0
    host.type('vm console web\r')
    host.type('z'.repeat(10_000))
    host.type(detach)
    expect(host.screen.cursorRow()).toBe('typervisor> |')
    expect(host.screen.bells).toBeGreaterThan(0)
  })

  it('keeps other guests and announcements back until it is left, then shows what can be read', () => {
    host.type('vm console web\r')
    writes('db', 'noise\r\n'.repeat(1000) + 'last of db\r\n')
    host.vm('db').state = state.crashed
    host.vm('db').reason = 'triple fault'
    host.wake()
    expect(host.screen.text()).not.toMatch(/noise|triple fault/)
    host.type(detach)
    const text = host.screen.text()
    expect(text).toMatch(/\[db\] \.\.\. \d+ bytes not shown; see them with: vm log db/)
    expect(text).toContain('[db] last of db')
    expect(text).toContain('*** db crashed: triple fault')
  })

  it('does not mirror again what was seen attached', () => {
    host.type('vm console web\r')
    writes('web', 'seen once\r\n')
    host.type(detach)
    expect(host.screen.text().split('seen once')).toHaveLength(2)
  })

  it('announces what becomes of the attached VM, and stays', () => {
    host.type('vm console web\r')
    Object.assign(host.vm('web'), { restarts: 1n, reason: 'the guest asked for it' })
    host.wake()
    expect(host.screen.text()).toContain('*** web restarted: the guest asked for it')
    host.type('x')
    expect(host.vm('web').input).toEqual([0x78])
  })

  it('leaves the terminal usable whatever the guest did to it', () => {
    host.type('vm console web\r')
    host.vm('web').output.write('\x1b[31m\x1b[?25l')
    host.wake()
    const before = host.screen.raw.length
    host.type(detach)
    const sent = host.screen.raw.slice(before)
    expect(sent).toContain('\x1b[0m')
    expect(sent).toContain('\x1b[?25h')
    expect(sent.indexOf('\x18')).toBe(0) // CAN ends an unfinished sequence: ECMA-48, 8.3.6
  })

  it('attaches to a VM that is stopped', () => {
    host.vm('web').state = state.stopped
    host.wake()
    host.type('vm console web\r')
    expect(host.screen.text()).toContain('Attached to web')
    host.vm('web').state = state.running
    host.wake()
    expect(host.screen.text()).toContain('*** web started')
  })
})
