/** The ports of a VM's console: each by itself, beside the serial port with which they share a stream. */
import { beforeEach, expect, it } from 'vitest'
import { boot, World } from './world'

const detach = '\x1d'
let host: World
beforeEach(async () => { host = await boot(world => { world.vm('web').consolePorts = ['console', 'agent'] }) })

const says = (...parts: (number | string)[]): void => {
  host.vm('web').output.write(Buffer.concat(parts.map(part => typeof part === 'number' ? Buffer.from([0xff, part]) : Buffer.from(part, 'latin1'))))
  host.wake()
}
const sent = (): string => Buffer.from(host.vm('web').input.splice(0)).toString('latin1')

it('attaches to each, and shows what that one has said', () => {
  says(0, 'serial\r\n', 2, 'ready\r\n', 1, 'login: ', 2, 'byte \xff', 0xfe, '!\r\n')
  host.type('vm console web agent\r')
  expect(host.screen.raw.split('Attached to web agent. Ctrl-] detaches.\r\n')[1]).toMatch(/^ready\r\nbyte [^]*!\r\n$/)
  says(1, 'not this', 2, 'but this')
  expect(host.screen.raw).toMatch(/but this$/)
  expect(host.screen.raw).not.toContain('not this')
  host.type(`${detach}vm console web console\r`)
  expect(host.screen.text()).toContain('Detached from web agent.')
  expect(host.screen.raw).toMatch(/login: not this$/)
  host.type(`${detach}vm console web\r`)
  expect(host.screen.raw).toMatch(/Attached to web\. Ctrl-\] detaches\.\r\nserial\r\n$/)
})

it('sends what is typed to the port, again where the queue was full', () => {
  host.type('vm console web agent\r')
  host.type('ls\r')
  expect(sent()).toBe('\xff\x02ls\r')
  host.type(Buffer.from([0x61, 0xff, 0x62]))
  expect(sent()).toBe('\xff\x02a\xff\x02\xff\xfe\xff\x02b')
  host.vm('web').inputRoom = 1
  host.type('x')
  expect(sent()).toBe('\xff')
  host.vm('web').inputRoom = 100
  host.advance(1000)
  expect(sent()).toBe('\xff\x02x')
})

it('shows and follows only the serial port where that is what is asked for', () => {
  says(0, 'one\r\n', 1, 'other\r\n', 0, 'two\r\n')
  host.type('vm log web\r')
  expect(host.screen.text()).toMatch(/one *\|?\s+two/)
  expect(host.screen.text()).not.toContain('other')
})

it('finds its place when output was lost', () => {
  says(0, 'a'.repeat(100), 2, 'before\r\n')
  host.type('vm console web agent\r')
  host.type(detach)
  says('x'.repeat(70_000), 2, 'after\r\n')
  host.type('vm console web agent\r')
  expect(host.screen.raw).toMatch(/after\r\n$/)
})

it('says which ports there are', () => {
  host.type('vm console web agnet\r')
  expect(host.screen.text()).toContain("web has no port 'agnet'. There are: console, agent.")
  host.type('vm console db agent\r')
  expect(host.screen.text()).toContain("db has no port 'agent'. Its configuration gives it no console.")
})
