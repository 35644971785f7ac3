/** Shutdown and reboot. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, state, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

describe('shutdown and reboot', () => {
  it('presses the power buttons, waits, and switches off', () => {
    host.obeys = false
    host.type('shutdown\r')
    expect(host.orders).toEqual(['stop web', 'stop db'])
    host.advance(10_000)
    host.vm('web').state = state.stopped
    host.wake()
    host.advance(10_000)
    expect(host.power).toEqual([])
    host.vm('db').state = state.stopped
    host.wake()
    expect(host.power).toEqual([0])
    expect(host.screen.text()).toContain('Pressed the power button of web, db. Waiting up to 30 s; Ctrl-C cancels.\n*** web stopped\n*** db stopped\nPowering off.')
  })

  it('waits 30 s and no longer', () => {
    host.obeys = false
    host.type('shutdown\r')
    host.advance(29_999)
    expect(host.power).toEqual([])
    host.advance(2)
    expect(host.power).toEqual([0])
    expect(host.screen.text()).toContain('Still running: web, db. Not waiting any longer.\nPowering off.')
  })

  it('is cancelled by Ctrl-C', () => {
    host.obeys = false
    host.type('reboot\r')
    host.type('\x03')
    host.advance(60_000)
    expect(host.power).toEqual([])
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('does not wait with --force', () => {
    host.obeys = false
    host.type('reboot --force\r')
    expect(host.orders).toEqual([])
    expect(host.power).toEqual([1])
  })

  it('refuses while a VM is paused', () => {
    host.vm('db').state = state.paused
    host.wake()
    expect(host.run('shutdown').replaceAll('\n', '')).toBe('Paused VMs cannot shut down: db. Resume them (vm resume db), or use: shutdown --force')
    expect(host.orders).toEqual([])
    host.type('shutdown --force\r')
    expect(host.power).toEqual([0])
  })

  it('says its last words before it switches off', () => {
    host.vms = []
    host.room = 10
    host.type('shutdown\r')
    expect(host.power).toEqual([])
    host.drain(Infinity)
    expect(host.power).toEqual([0])
    expect(host.screen.text()).toContain('Powering off.')
  })

  it('comes back when the host cannot', () => {
    host.powerStatus = 5
    host.run('shutdown --force')
    expect(host.screen.text()).toContain('This host cannot switch itself off')
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })
})
