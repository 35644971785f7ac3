/** net: the console beside the switches' service as it boots, and what it says of whatever that answers. */
import { beforeEach, describe, expect, it } from 'vitest'
import { answered, NetHost } from './net-host'
import { ethernet, ip4, ipv4, udp } from './switch/frames'
import { Drops, Order, Status, type Answer } from './switch/world'
import { boot, state, World } from './world'
import { configSchema } from '../../tools/config/schema'
import { portRecords } from '../../tools/image/ports'

let host: World
let net: NetHost
const mac = (last: number) => `02:00:00:00:00:0${last}`
const all = 'ff:ff:ff:ff:ff:ff'

beforeEach(async () => {
  net = await NetHost.lab()
  host = await boot(world => { world.net = net; world.screen.width = 200 })
  host.wake() // it asks for names
  net.asked = []
})

/** A frame of 64 bytes in all. */
const frame = (from: string, to: string, tag?: number) => ethernet({ to, from, tag }, 0x88b5, Buffer.alloc(50, 0x61))
const settingsOf = (port: number): Answer['settings'] => net.service.info(port).settings

describe('what there is', () => {
  it('is listed', () => {
    net.service.send(0, frame(mac(1), all))
    expect(host.run('net list')).toBe('NAME  PORTS  UPLINK  VLANS    ADDRESSES\nlan       3  up      0,10-12          1\ndmz       1  none    10               0')
    expect(host.json('net list --json')).toEqual([
      { name: 'lan', ports: ['web:0', 'db:0', 'uplink:lan'], uplink: 'up', mirror: '', vlans: [0, 10, 11, 12], addresses: 1 },
      { name: 'dmz', ports: ['web:1'], uplink: 'none', mirror: '', vlans: [10], addresses: 0 },
    ])
  })

  it('is described', () => {
    host.run('net set db role mirror')
    expect(host.run('net info lan')).toBe('name       lan\nports      web:0 db:0 uplink:lan\nuplink     up, VLAN 0,10-12 (0 untagged)\nmirror     db:0\nVLANs      0 10-12\naddresses  0 learned')
    expect(host.run('net create void')).toContain('void is made')
    expect(host.run('net info void')).toBe('name       void\nports      none. net connect connects a VM\nuplink     none\naddresses  0 learned')
    expect(host.json('net info dmz --json')).toMatchObject({ name: 'dmz', ports: ['web:1'] })
  })

  it('has ports that count', () => {
    net.service.send(0, frame(mac(1), all))
    net.service.send(0, frame(mac(9), all)) // not its own address
    expect(host.run('net ports')).toBe([
      'PORT        NETWORK  ROLE      VLAN                  MAC                LINK       SENT  RECEIVED  DROPPED',
      'web:0       lan      ordinary  0                     02:00:00:00:00:01  up    2 (128 B)         0        1',
      'db:0        lan      ordinary  0                     02:00:00:00:00:03  up            0  1 (64 B)        0',
      'uplink:lan  lan      uplink    0,10-12 (0 untagged)                     up            0  1 (64 B)        0',
      'web:1       dmz      ordinary  10                    02:00:00:00:00:02  up            0         0        0',
    ].join('\n'))
    expect(host.run('net ports dmz').split('\n')).toHaveLength(2)
    expect(host.json('net ports dmz --json')).toMatchObject([{ port: 'web:1', network: 'dmz', link: 'up', role: 'ordinary', mac: mac(2), lockMac: true, vlan: 10, trunk: [], sentFrames: 0 }])
    expect(host.json('net ports lan --json').map((port: any) => port.port)).toEqual(['web:0', 'db:0', 'uplink:lan'])
  })

  it('says why a link is down', () => {
    net.service.changed(0, { ready: false })
    expect(host.json('net port web --json').link).toBe('down: no driver')
    host.vm('web').state = state.stopped
    host.wake()
    expect(host.json('net port web --json').link).toBe('down: VM off')
    host.run('net set web link down')
    expect(host.json('net port web --json').link).toBe('down: set')
    net.service.changed(192, { ready: false })
    expect(host.run('net list')).toContain('down: no driver')
  })

  it('has ports with all of their settings, and of drops the reasons and what to do', () => {
    net.service.send(0, frame(mac(9), all))
    net.service.send(0, frame(mac(1), all, 5))
    const text = host.run('net port web')
    expect(text).toMatch(/^port +web:0\nnetwork +lan\nlink +up\nMAC +02:00:00:00:00:01\nvlan +0\ntrunk +none\nrole +ordinary\nlockMac +on\naddresses +none\nsendLimit +none\n/)
    expect(text).toContain('learned       0 addresses\nsent          2 (132 B)\nreceived      0\ndropped       2\n')
    expect(text).toMatch(/ 1 {2}Vlan\n[^]*net set[ \n]+web:0[ \n]+vlan[^]* 1 {2}MacSpoof\n[^]*net set[ \n]+web:0[ \n]+lockMac off/)
    expect(host.json('net port web:0 --json').dropped).toEqual({ ...Object.fromEntries(Drops.map(reason => [reason, 0])), Vlan: 1, MacSpoof: 1 })
    expect(host.run('net port uplink:lan')).toMatch(/role +uplink\nvlan +0\ntrunk +0,10-12\nsendLimit/)
  })

  it('has a sentence for every reason to drop', () => {
    Drops.forEach((_, reason) => {
      net.answers = order => order.readUInt32LE(4) === Order.PortInfo ? answered(0, { [64 + 656 + 32 + 8 * reason]: 7 }, 'lan') : undefined
      const text = host.run('net port web')
      expect(text, Drops[reason]).toMatch(new RegExp(`dropped +7\\n +7  ${Drops[reason]}\\n +\\w[^]*\\w`))
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThan(80)
    })
  })

  it('has addresses that were learned', () => {
    expect(host.run('net addresses')).toBe('No address is known: nothing was sent in the last five minutes.')
    net.service.send(0, frame(mac(1), all))
    net.service.send(1, frame(mac(2), all))
    net.service.send(192, frame('00:11:22:33:44:55', all, 10))
    expect(host.run('net addresses')).toBe([
      'ADDRESS            NETWORK  VLAN  PORT', '02:00:00:00:00:01  lan         0  web:0', '02:00:00:00:00:02  dmz        10  web:1', '00:11:22:33:44:55  lan        10  uplink:lan',
    ].join('\n'))
    expect(host.json('net addresses dmz --json')).toEqual([{ address: mac(2), network: 'dmz', vlan: 10, port: 'web:1' }])
    expect(host.run('net forget lan')).toBe('lan has forgotten all addresses; it learns them again from what is sent.')
    expect(host.json('net addresses --json').map((it: any) => it.network)).toEqual(['dmz'])
  })

  it('is shown to the last, though there are thousands', () => {
    for (let i = 0; i < 1000; i++) net.service.send(192, frame(`00:11:22:33:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`, all))
    expect(host.run('net addresses').split('\n')).toHaveLength(1001)
    expect(host.json('net addresses --json')).toHaveLength(1000)
    expect(host.memory.buffer.byteLength).toBeLessThanOrEqual(64 * 65536) // what a sandbox has
  })
})

describe('networks', () => {
  it('are made and deleted', () => {
    expect(host.run('net create lab')).toBe('lab is made, until the host is rebooted. net connect connects VMs.')
    expect(host.run('net create lab')).toBe("There is a network 'lab' already. net list shows all.")
    expect(host.run('net connect web:1 lab')).toBe('web:1 is connected to lab, and no longer to dmz.')
    expect(host.run('net delete lab')).toBe('lab has ports, which net ports shows. Take them off first: net disconnect, net connect.')
    expect(host.run('net disconnect web:1')).toBe('web:1 is disconnected. net connect web:1 NETWORK connects it again.')
    expect(host.run('net delete lab')).toBe('lab is deleted.')
    expect(host.run('net delete lab')).toBe("There is no network 'lab'. net list shows all.")
    for (let i = 0; i < 62; i++) host.run(`net create n${i}`)
    expect(host.run('net create one-more')).toContain('as many networks as it can have, 64')
  })

  it('are completed, also those that were made just now', () => {
    host.type('net info \t')
    expect(host.screen.lines().slice(-2)).toEqual(['lan  dmz', 'typervisor> net info'])
    host.type('l\t')
    expect(host.screen.cursorRow()).toBe('typervisor> net info lan |')
    host.type('\x15')
    host.run('net create lab')
    host.type('net delete la\t')
    expect(host.screen.lines().slice(-2)).toEqual(['lan  lab', 'typervisor> net delete la'])
    host.type('\x15')
    host.run('net delete lab')
    host.type('net connect web:1 l\t')
    expect(host.screen.cursorRow()).toBe('typervisor> net connect web:1 lan |')
  })
})

describe('interfaces', () => {
  it('keep their settings when they go to another network', () => {
    const before = settingsOf(1)
    expect(host.run('net connect web:1 lan')).toBe('web:1 is connected to lan, and no longer to dmz.')
    expect(net.service.info(1)).toMatchObject({ name: 'lan', settings: before })
    expect(host.run('net connect web:1 lan')).toBe('web:1 is connected to lan already.')
    expect(host.run('net disconnect web:1')).toContain('is disconnected')
    expect(host.run('net port web:1')).toBe('web:1 is connected to no network. net connect connects it.')
    expect(host.run('net disconnect web:1')).toBe('web:1 is connected to no network. net connect connects it.')
    expect(host.run('net connect web:1 dmz')).toBe('web:1 is connected to dmz.')
    expect(net.service.info(1)).toMatchObject({ name: 'dmz', settings: before })
  })

  it('stay where they are when the other network does not take them', () => {
    host.run('net set db role mirror')
    host.run('net set web:1 role mirror')
    const before = settingsOf(1)
    expect(host.run('net connect web:1 lan')).toBe('lan has a mirror already, and a network has one: net info shows which. It is at dmz as before.')
    expect(net.service.info(1)).toMatchObject({ status: Status.Ok, name: 'dmz', settings: before })
    expect(host.run('net connect web:1 mars')).toBe("There is no network 'mars'. net list shows all.")
    expect(net.service.info(1)).toMatchObject({ status: Status.Ok, name: 'dmz' })
  })

  it('are on the way nowhere for no longer than it takes, also when nobody waits', () => {
    net.works = false
    host.type('net connect web:1 lan\r')
    host.type('\x03')
    expect(host.screen.lines().slice(-3)).toEqual(['^C', 'Not waiting any longer. The order goes on, and how it ends will be said here.', 'typervisor>'])
    host.type('vm li')
    net.works = true
    host.wake()
    expect(host.screen.lines().slice(-2)).toEqual(['*** web:1 is connected to lan, and no longer to dmz.', 'typervisor> vm li'])
  })

  it.each([
    ['net port mail', "There is no VM 'mail'. There are: web, db."],
    ['net port wbe', "There is no VM 'wbe'. Did you mean: web?"],
    ['net port web:2', "web has no interface '2'. It has: web:0, web:1."],
    ['net port web:', "web has no interface ''. It has: web:0, web:1."],
    ['net port web:-1', "web has no interface '-1'. It has: web:0, web:1."],
    ['net port uplink:', "A network is called 1 to 31 of the characters a-z, 0-9 and -; not ''."],
    ['net port uplink:dmz', 'dmz has no uplink: its configuration gives it none.'],
    ['net set uplink:mars vlan 1', "There is no network 'mars'. net list shows all."],
    ['net disconnect uplink:lan', 'An uplink stays with its network, as the configuration has it. net set uplink:lan link down takes it down.'],
    ['net connect uplink:lan dmz', 'An uplink stays with its network, as the configuration has it. net set uplink:lan link down takes it down.'],
    ['net info lna', "There is no network 'lna'. Did you mean: lan?"],
    ['net ports mars', "There is no network 'mars'. There are: lan, dmz."],
    ['net create Lab', 'A network is called 1 to 31 of the characters a-z, 0-9 and -; not \'Lab\'.'],
    ['net info', 'net info needs NETWORK: lan, dmz.\nUsage: net info NETWORK [--json]'],
    ['net port', 'net port needs PORT: web:0, web:1, db:0.\nUsage: net port PORT [--json]'],
  ])('%s', (line, answer) => { expect(host.run(line)).toBe(answer) })

  it('belong to VMs that the configuration gives some', () => {
    host.vm('db').interfaces = 0
    expect(host.run('net port db')).toBe('db has no network interface: its configuration gives it none.')
  })

  it('of a VM called uplink are its own', () => {
    host.vms[1] = Object.assign(Object.create(Object.getPrototypeOf(host.vms[1])), host.vms[1], { name: 'uplink' })
    expect(host.json('net port uplink:0 --json')).toMatchObject({ port: 'uplink:0', mac: mac(3) })
  })
})

describe('net set', () => {
  const set = (line: string) => host.run(`net set ${line}`)
  /** What became of the settings of web:0: those bytes that differ. */
  const changed = (line: string): Record<number, number> => {
    const before = settingsOf(0)
    set(line)
    const after = settingsOf(0)
    return Object.fromEntries([...after].flatMap((byte, at) => byte === before[at] ? [] : [[at, byte]]))
  }

  it.each<[string, string, Record<number, number>]>([
    ['link', 'down', { 1: 1 }], ['vlan', '4094', { 4: 0xFE, 5: 0x0F }], ['trunk', '0,9-11', { 0: 18, 144: 1, 145: 0x0E }], ['trunk', '4094', { 0: 18, [144 + 511]: 0x40 }],
    ['role', 'private', { 0: 16 | 4 }], ['role', 'promiscuous', { 0: 16 | 8 }], ['role', 'mirror', { 0: 16 | 64 }], ['lockMac', 'off', { 0: 0 }], ['lock-mac', 'OFF', { 0: 0 }],
    ['mirrored', 'on', { 0: 16 | 128 }], ['broadcast', '256', { 49: 1 }], ['multicast', '2', { 52: 2 }], ['unknown', '10000000', { 56: 0x80, 57: 0x96, 58: 0x98 }], ['addressLimit', '512', { 61: 2 }],
    ['sendLimit', '8 kbit/s', { 16: 0xE8, 17: 3, 26: 2 }], ['receive-limit', '8kbit/s', { 32: 0xE8, 33: 3, 42: 2 }],
    ['addresses', '10.0.0.5,fd00::5', { 0: 48, 64: 10, 67: 5, 80: 0xFD, 95: 5 }], ['addresses', '::ffff:1.2.3.4 1:2:3:4:5:6:7:8', { 0: 48, 90: 255, 91: 255, 92: 1, 93: 2, 94: 3, 95: 4, 97: 1, 99: 2, 101: 3, 103: 4, 105: 5, 107: 6, 109: 7, 111: 8 }],
  ])('%s %s', (name, value, bytes) => {
    expect(changed(`web ${name} ${value}`)).toEqual(bytes)
  })

  it.each<[string, string, object]>([
    ...['8 kbit/s', '9 kbit/s', '100 Mbit/s', '33.3333 Mbit/s', '0.5 Gbit/s', '2.5Gbit/s', '999.999999999 Gbit/s', '1000 Gbit/s', '20.971519 Mbit/s'].flatMap(rate => [['sendLimit', rate, { sendLimit: rate }], ['receiveLimit', rate, { receiveLimit: rate }]] as [string, string, object][]),
    ...['10.1.2.3', '::1', 'fd00::', '1:2:3:4:5:6:7:8', '1::8', '::ffff:10.0.0.1', '2001:DB8::a:0:0:b'].map(address => ['addresses', address, { addresses: [address] }] as [string, string, object]),
    ['trunk', '1,5-7,4094', { trunk: [1, 5, 6, 7, 4094] }], ['vlan', '77', { vlan: 77 }], ['role', 'private', { role: 'private' }], ['link', 'down', { link: false }], ['mirrored', 'on', { mirrored: true }],
    ['lockMac', 'off', { lockMac: false }], ['broadcast', '5', { storm: { broadcast: 5 } }], ['multicast', '6', { storm: { multicast: 6 } }], ['unknown', '7', { storm: { unknown: 7 } }], ['addressLimit', '8', { addressLimit: 8 }],
  ])('%s %s is what the configuration makes of it', (name, value, field) => {
    const boot = { protocol: 'linux', kernel: 'k' }
    const config = configSchema.parse({ networks: [{ name: 'lan' }], vms: [{ name: 'a', memory: 2, boot, interfaces: [{ network: 'lan', mac: mac(1), ...field }] }] })
    expect(set(`web ${name} ${value}`)).toContain(' -> ')
    expect(settingsOf(0)).toEqual(portRecords(config)[0].subarray(24))
  })

  it('says what was and what is, and the others stay', () => {
    expect(set('web vlan 10')).toBe('vlan of web:0: 0 -> 10')
    expect(set('web sendLimit 100 Mbit/s')).toBe('sendLimit of web:0: none -> 100 Mbit/s')
    expect(set('web send-limit 2.5Gbit/s')).toBe('sendLimit of web:0: 100 Mbit/s -> 2.5 Gbit/s')
    expect(set('web addresses 10.0.0.5 FD00:0:0::5 2001:db8::1:0:0:1')).toBe('addresses of web:0: none -> 10.0.0.5 fd00::5 2001:db8::1:0:0:1')
    expect(host.json('net port web --json')).toMatchObject({ vlan: 10, sendBytesPerSecond: 312_500_000, addresses: ['10.0.0.5', 'fd00::5', '2001:db8::1:0:0:1'], lockMac: true })
    expect(set('web addresses none')).toBe('addresses of web:0: 10.0.0.5 fd00::5 2001:db8::1:0:0:1 -> none')
    expect(set('web sendLimit none')).toBe('sendLimit of web:0: 2.5 Gbit/s -> none')
    expect(set('uplink:lan trunk 1-4094')).toBe('trunk of uplink:lan: 0,10-12 -> 1-4094')
    expect(set('uplink:lan trunk none')).toBe('trunk of uplink:lan: 1-4094 -> none')
  })

  it('is what passes from then on', () => {
    set('web addresses 10.0.0.1')
    const say = (address: string) => net.service.send(0, ethernet({ from: mac(1), to: mac(3) }, 0x0800, ipv4({ from: ip4(address), to: ip4('10.0.0.3'), protocol: 17 }, udp(1, 2)))).length
    expect([say('10.0.0.1'), say('10.0.0.2')]).toEqual([2, 0])
    set('web link down')
    expect(net.service.guests[0].link).toBe(false)
  })

  it.each([
    ['web addresses 10.0.0.1', 'web lockMac off', 'web:0 is held to IP addresses, which takes lockMac on. First: net set web:0 addresses none'],
    ['web lockMac off', 'web addresses 10.0.0.1', 'Addresses are held to with lockMac on only. First: net set web:0 lockMac on'],
    ['web mirrored on', 'web role mirror', 'web:0 is mirrored, which a mirror is not. First: net set web:0 mirrored off'],
    ['web role mirror', 'web mirrored on', 'web:0 is the mirror, which is not mirrored. First: net set web:0 role ordinary'],
    ['web role mirror', 'db role mirror', 'lan has a mirror already, and a network has one: net info shows which.'],
  ])('after %s not %s', (first, second, answer) => {
    set(first)
    const before = settingsOf(0)
    expect(set(second)).toBe(answer)
    expect(settingsOf(0)).toEqual(before)
  })

  it.each<[string, string[], string]>([
    ['link', ['on', 'yes'], 'up, down'], ['vlan', ['4095', 'none', '1,2'], 'a whole number from 0 to 4094, 0 for frames without a tag'],
    ['trunk', ['4095', '5-1', '1-2-3', '1,', 'x', '0-99999999999999999999'], 'none, or VLANs as in 1,10-19, each from 0 to 4094'], ['role', ['uplink', 'Uplink'], 'ordinary, private, promiscuous, mirror'],
    ['lockMac', ['none', '1'], 'off, on'], ['mirrored', ['yes'], 'off, on'],
    ['addresses', ['10.0.0', '10.0.0.256', '010.0.0.1', '0.0.0.0', '::', 'fe80::1%eth0', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', ':1', '1:', '1.2.3.4::', '::1.2.3', '1,2', ',',
      '1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5', '::1,::2,::3,::4,::5', 'x'.repeat(2000)], 'none, or IP addresses as in 10.0.0.5,fd00::5, at most 4 of each version'],
    ['sendLimit', ['100', '100 Mbit', '7 kbit/s', '1001 Gbit/s', '1..5 Mbit/s', '. Mbit/s', 'Mbit/s', '1.0000000001 Gbit/s', '1 mbit/s', '99999999999999999999 kbit/s'], 'none, or a rate as in 100 Mbit/s, from 8 kbit/s to 1000 Gbit/s'],
    ['broadcast', ['0', '10000001', '1.5'], 'none, or frames a second from 1 to 10000000'], ['addressLimit', ['0', '513'], 'none, or a whole number from 1 to 512'],
  ])('%s is not %j', (name, values, allowed) => {
    for (const value of values) {
      const quoted = value.length > 40 ? `'${value.slice(0, 37)}...'` : `'${value}'`
      expect(set(`web ${name} "${value}"`).replace('\n', ''), value).toBe(`${name} can be ${allowed}; not ${quoted}.`)
    }
    expect(net.asked).toEqual([])
  })

  it('has settings and values that Tab completes', () => {
    host.type('net set web:0 ro\tpri\t')
    expect(host.screen.cursorRow()).toBe('typervisor> net set web:0 role private |')
    host.type('\x15net set db\tm\tn\t')
    expect(host.screen.lines().at(-1)).toContain('net set db:0 m')
  })

  it.each([
    ['web bananas 7', "There is no setting 'bananas'."], ['web valn 7', "There is no setting 'valn'. Did you mean: vlan?"], ['uplink:lan role private', 'An uplink has no role: who is behind it is not known.'],
    ['web', 'net set needs KEY: link, vlan,'], ['web vlan', 'net set needs VALUE: a whole number from 0 to 4094, 0 for frames without a tag.'], ['web bananas', 'net set needs VALUE.'],
  ])('%s', (line, answer) => { expect(set(line)).toContain(answer) })
})

describe('every answer', () => {
  const lines = ['net list', 'net ports lan', 'net port web', 'net addresses', 'net create lab', 'net delete lan', 'net forget lan', 'net connect web dmz', 'net disconnect web', 'net set web vlan 1']
  it.each(Object.entries({ ...Status, Failed: 14 }).filter(([name]) => name !== 'Ok'))('%s has a sentence', (_name, status) => {
    net.answers = () => answered(status)
    for (const line of lines) {
      const text = host.run(line)
      expect(text, line).toMatch(/^([A-Z]|web:0 |lan |dmz |lab )[^]*(\.|sandbox restart switch)$/)
      expect(text, line).not.toContain('(status')
    }
  })

  it('that is none is told as it is', () => {
    net.answers = () => answered(99)
    expect(host.run('net delete lan')).toBe("The switches' service refused the order (status 99).")
  })

  it('of a service that fails midway says what to look at', () => {
    let count = 0
    net.answers = () => ++count === 3 ? answered(14) : undefined
    expect(host.run('net list')).toContain("The switches' service failed meanwhile.")
    count = 0
    expect(host.run('net connect web:1 lan')).toContain("The switches' service failed meanwhile.")
  })

  it('that cannot be ends the list', () => {
    for (const words of [{ 4: 0 }, { 4: 64 }, { 4: 0xFFFF_FFFF }]) {
      net.answers = () => answered(0, words, '\x1b[2J\xff')
      expect(host.run('net list')).toContain('gave an answer that cannot be')
    }
    for (const port of [0, 256, 0xFFFF_FFFF]) {
      net.answers = order => order.readUInt32LE(4) === Order.PortNext ? answered(0, { 8: port }, 'lan') : undefined
      expect(host.run('net ports')).toContain('gave an answer that cannot be')
    }
    net.answers = () => answered(0, { 8: 5 }, 'lan')
    for (const line of ['net port web', 'net set web vlan 1', 'net port uplink:lan']) expect(host.run(line), line).toContain('gave an answer that cannot be')
  })

  it('full of anything is shown without harm', () => {
    const wild = Buffer.alloc(872, 0xFF)
    net.answers = order => {
      const answer = Buffer.from(wild)
      answer.writeUInt32LE(0, 0)
      answer.writeUInt32LE(order.readUInt32LE(8), 8)
      return answer
    }
    expect(host.run('net port web')).toContain('network       ????')
    expect(host.json('net port web --json').network).toBe('?'.repeat(32))
  })
})

describe('waiting', () => {
  it('for networks does not wait for the pool, and what is typed comes after', () => {
    net.works = false
    host.type('net create lab\rvm list\r')
    host.advance(2000)
    expect(host.screen.lines().at(-2)).toBe("Waiting for the switches' service; Ctrl-C leaves it to itself.")
    net.works = true
    host.wake()
    expect(host.screen.text()).toMatch(/lab is made[^]*\ntypervisor> vm list\nNAME {2}STATE/)
  })

  it('a question that is left is forgotten', () => {
    net.works = false
    host.type('net list\r\x03')
    net.works = true
    host.wake()
    expect(host.screen.lines().slice(-2)).toEqual(['^C', 'typervisor>'])
  })

  it('is not for a service that takes no orders', () => {
    net.runs = false
    expect(host.run('net list')).toContain("The switches' service takes no order")
    expect(host.run('vm list')).toContain('NAME')
  })

  it('leaves no memory behind', () => {
    const lines = ['net list', 'net info lan --json', 'net ports', 'net ports --json', 'net port web', 'net addresses', 'net connect web:1 lan', 'net connect web:1 dmz', 'net set web vlan 5', 'net create x', 'net delete x']
    for (const line of [...lines, ...lines]) host.run(line)
    const bytes = host.memory.buffer.byteLength
    for (let i = 0; i < 60; i++) for (const line of lines) host.run(line)
    expect(host.memory.buffer.byteLength).toBe(bytes)
  })
})

it('a host without networks says so', async () => {
  host = await boot()
  for (const line of ['net list', 'net info lan', 'net ports', 'net port web', 'net addresses', 'net forget lan', 'net create lan', 'net delete lan', 'net connect web lan', 'net disconnect web', 'net set web vlan 1']) {
    expect(host.run(line), line).toContain('This host has no networks: its configuration names none')
  }
  for (const line of ['net list --json', 'net ports --json', 'net addresses --json']) expect(host.json(line)).toEqual([])
})
