/** What the log and VMs wrote, shown and followed. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

describe('log', () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => `[${i}] line\n`).join('')

  it('shows the last 40 lines, or as many as asked for', () => {
    host.log.write(numbered(100))
    expect(host.run('log').split('\n')).toEqual(Array.from({ length: 40 }, (_, i) => `[${60 + i}] line`))
    expect(host.run('log -n 3').split('\n')).toEqual(['[97] line', '[98] line', '[99] line'])
    expect(host.run('log --lines=1')).toBe('[99] line')
    expect(host.run('log -n 1000').split('\n')).toHaveLength(100)
  })

  it('shows an unfinished last line', () => {
    host.log.write('one\ntwo')
    expect(host.run('log -n 1')).toBe('two')
    expect(host.run('log -n 2')).toBe('one\ntwo')
  })

  it('shows nothing of an empty log', () => {
    expect(host.run('log')).toBe('')
  })

  it('follows until Ctrl-C', () => {
    host.log.write('old\n')
    host.type('log -f\r')
    host.log.write('new\n')
    host.wake()
    expect(host.screen.lines().slice(-4)).toEqual(['Following; Ctrl-C ends.', 'old', 'new', ''])
    host.type('ignored\x03')
    expect(host.screen.lines().at(-2)).toBe('^C')
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('keeps what is typed while it shows', () => {
    host.log.write(numbered(2000))
    host.room = 100
    host.type('log -n 2000\r')
    host.type('vm stop web\r')
    expect(host.orders).toEqual([])
    host.drain(Infinity)
    expect(host.screen.text()).toContain('[1999] line\ntypervisor> vm stop web')
    expect(host.orders).toEqual(['stop web'])
  })

  it('shows what a VM wrote, without what it could steer the terminal with', () => {
    host.vm('web').output.write('boot\r\n\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[0m\r\nlogin: ')
    expect(host.run('vm log web')).toBe('boot\nred\nlogin:')
  })
})
