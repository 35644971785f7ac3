/** The console does not grow and does not hang, whatever is typed and whatever guests write. */
import { describe, expect, it } from 'vitest'
import { PoolHost } from './pool-host'
import { boot, World } from './world'

/** xorshift32: the same bytes in every run. */
function random(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}

function bytes(next: () => number, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => Math.floor(next() * 256)))
}

/** The console answers. */
function expectAlive(host: World): void {
  host.type('\x1b\x1b[A\x1d\x03') // ends whatever escape sequence, attachment or listing it is in
  host.type('\x03\x15')
  const answer = host.run('vm list')
  expect(answer).toContain('NAME  STATE')
}

/** The screen forgets: tests below write a lot. */
function wipe(host: World): void {
  host.screen.rows = [[]]
  host.screen.row = host.screen.column = host.screen.top = 0
  host.screen.raw = ''
}

describe('memory', () => {
  it('does not grow in 10,000 commands', async () => {
    const host = await boot()
    const commands = ['vm list', 'vm list --json', 'vm info web', 'vm info db --json', 'host info', 'host memory', 'host cpu --json', 'host devices', 'help',
      'help vm set', 'sandbox list', 'log -n 100', 'vm log web', 'vm strat', 'frobnicate "a b" c', 'vm set web weight 17', 'vm stop web', 'vm start web', '"', '']
    host.log.write('a line of the log\n'.repeat(200))
    host.vm('web').output.write('a line of a guest\n'.repeat(200))
    const round = () => {
      for (const command of commands) host.run(command)
      wipe(host)
    }
    round()
    const before = host.memory.buffer.byteLength
    for (let i = 0; i < 10_000 / commands.length; i++) round()
    expect(host.memory.buffer.byteLength).toBe(before)
    expectAlive(host)
  })

  it('does not grow when every line is new and long', async () => {
    const host = await boot()
    const before = host.memory.buffer.byteLength
    for (let i = 0; i < 500; i++) {
      host.type(`vm info ${i} ${'wide'.repeat(900)}\t\r`)
      wipe(host)
    }
    expect(host.memory.buffer.byteLength).toBe(before)
  })

  it('does not grow by lines of 1 MiB, and takes what follows', async () => {
    const host = await boot()
    const before = host.memory.buffer.byteLength
    for (const unit of ['x', 'vm list ', '"', '😀', '\\', '-']) {
      host.type(unit.repeat((1 << 20) / unit.length) + '\r')
      wipe(host)
    }
    host.type('\x03')
    expect(host.memory.buffer.byteLength).toBe(before)
    expectAlive(host)
  })

  it('does not grow by guests that never stop writing', async () => {
    const host = await boot((world) => { for (const vm of world.vms) vm.mirror = 1n })
    const before = host.memory.buffer.byteLength
    for (let i = 0; i < 2000; i++) {
      host.vm('web').output.write(`a line ${i} of some length\r\n`.repeat(10))
      host.vm('db').output.write('no line end '.repeat(20))
      host.wake()
      wipe(host)
    }
    expect(host.memory.buffer.byteLength).toBe(before)
    expectAlive(host)
  })
})

describe('random bytes', () => {
  it('typed: nothing hangs, nothing but the console steers the terminal', async () => {
    const pool = await PoolHost.make({ S4EVNX0R: 8 })
    const host = await boot(world => { world.pool = pool })
    const before = host.memory.buffer.byteLength
    const next = random(0x7e57)
    const pieces = ['\r', '\t', 'vm ', 'list', 'info ', 'web', ' --json', 'console web\r', '\x1d', 'log -f\r', '\x03', '\x1b[A', '\x1b[', 'shutdown\r', '"', 'help ', 'host top\r', 'vm top web\r', 'vm top --json\r', 'pool check\r', 'volume list\r', 'volume create web 1G\r', '\x1b[5;40R']
    for (let i = 0; i < 4000; i++) {
      host.type(next() < 0.5 ? bytes(next, Math.floor(next() * 40)) : pieces[Math.floor(next() * pieces.length)])
      host.power = []
      pool.works = next() < 0.9
      for (const vm of host.vms) {
        vm.state = 1
        vm.input = []
      }
      if (i % 50 === 0) wipe(host)
    }
    pool.works = true
    host.wake()
    expectAlive(host)
    expect(host.memory.buffer.byteLength).toBe(before)
  })

  it('written by mirrored guests: no control character reaches the terminal', async () => {
    const host = await boot((world) => { for (const vm of world.vms) vm.mirror = 1n })
    const next = random(0xbadc0de)
    const pieces = ['\x1b[', '\x1b]', '\x1bP', '\x1b\\', '\r', '\n', '\b', '\t', '\x9b', '31m', 'K', '\u202e', '€', '\x1b[2J']
    for (let i = 0; i < 4000; i++) {
      const vm = host.vms[i & 1]
      vm.output.write(next() < 0.5 ? bytes(next, Math.floor(next() * 60)) : pieces[Math.floor(next() * pieces.length)])
      host.wake() // the screen throws at any control sequence that is not the console's
      if (i % 100 === 0) {
        host.advance(2000)
        const foreign = host.screen.raw.replaceAll(/\r\x1b\[K|\r\n/g, '')
        expect(foreign).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/)
        wipe(host)
      }
    }
    expectAlive(host)
  })
})

describe('the line', () => {
  it('is what a simple model says, after any keys', async () => {
    const host = await boot()
    const next = random(42)
    let line: string[] = []
    let at = 0
    for (let i = 0; i < 6000; i++) {
      const key = Math.floor(next() * 12)
      if (key < 6) {
        if (line.length === 60) continue
        const character = 'abc dé漢'[Math.floor(next() * 7)]
        line.splice(at++, 0, character)
        host.type(character)
      } else if (key === 6) { host.type('\x1b[D'); at = Math.max(0, at - 1) }
      else if (key === 7) { host.type('\x1b[C'); at = Math.min(line.length, at + 1) }
      else if (key === 8) { host.type('\x7f'); if (at) line.splice(--at, 1) }
      else if (key === 9) { host.type('\x1b[3~'); line.splice(at, 1) }
      else if (key === 10) { const home = next() < 0.5; host.type(home ? '\x01' : '\x05'); at = home ? 0 : line.length }
      else if (next() < 0.1) { host.type('\x0b'); line = line.slice(0, at) }
      const width = line.reduce((sum, character) => sum + (character === '漢' ? 2 : 1), 0)
      if (width > 66) { host.type('\x15\x0b'); line = []; at = 0; continue }
      const shown = 'typervisor> ' + line.slice(0, at).join('') + '|' + line.slice(at).join('')
      expect(host.screen.cursorRow()).toBe(shown.trimEnd())
    }
    expect(host.screen.rows.length).toBeLessThan(20) // all of it in one row
  })
})

describe('a slow terminal', () => {
  it('is never given more than it takes, and loses nothing of an answer', async () => {
    const host = await boot()
    const whole = host.run('help').replaceAll('\n', '')
    const slow = await boot()
    slow.room = 0
    slow.type('help\rvm stop web\r')
    for (let i = 0; i < 400; i++) slow.drain(7)
    expect(slow.orders).toEqual(['stop web'])
    slow.drain(Infinity)
    expect(slow.screen.text().replaceAll('\n', '')).toContain(whole)
  })

  it('that takes nothing for ever does not make the console grow', async () => {
    const host = await boot((world) => { world.vm('web').mirror = 1n })
    host.room = 0
    const before = host.memory.buffer.byteLength
    for (let i = 0; i < 3000; i++) {
      host.vm('web').output.write('noise\r\n')
      host.vm('web').restarts++
      host.type('help\r')
      host.typed = host.typed.subarray(0, 4096) // as the nucleus's ring would
    }
    expect(host.memory.buffer.byteLength).toBe(before)
    host.drain(Infinity)
    expectAlive(host)
  })
})
