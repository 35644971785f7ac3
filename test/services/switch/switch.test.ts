/** The switches' rules one by one: docs/network.md. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { arp, ethernet, icmpv6, ip4, ip6, ipv4, ipv6, linkOption, tcp, udp } from './frames.ts'
import { Flag, macOf, Order, settingsRecord, Status, World, type DropReason, type Settings } from './world.ts'

const all = 'ff:ff:ff:ff:ff:ff'
const mac = (number: number) => `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`
const plain = (from: string, to: string, length = 50, tag?: number) => ethernet({ to, from, tag }, 0x88b5, Buffer.alloc(length, 0x61))

let world: World
beforeAll(async () => {
  world = await World.make()
})
beforeEach(() => {
  world.restart()
  expect(world.order(Order.Create, { name: 'lan' }).status).toBe(Status.Ok)
})

const attachAll = (...settings: Settings[]) => settings.forEach((one, port) => expect(world.attach(port, one)).toBe(Status.Ok))
const portsOf = (port: number, data: Buffer) => world.send(port, data).map(({ port: to }) => to)
const drops = (port: number) => Object.fromEntries(Object.entries(world.info(port).drops).filter(([, count]) => count !== 0))

describe('orders', () => {
  test('switches are made, listed and deleted', () => {
    for (const [name, status] of [['lan', Status.NameTaken], ['', Status.WrongName], ['a b', Status.WrongName], ['x'.repeat(32), Status.WrongName], ['x'.repeat(31), Status.Ok]] as const) expect(world.order(Order.Create, { name }).status).toBe(status)
    expect(world.order(Order.Next, { number: 1 })).toMatchObject({ status: Status.Ok, number: 1, name: 'x'.repeat(31), count: 0 })
    expect(world.order(Order.Next, { number: 2 }).status).toBe(Status.NoSuchSwitch)
    attachAll({})
    expect(world.order(Order.Info, { name: 'lan' })).toMatchObject({ status: Status.Ok, number: 0, count: 1 })
    expect(world.order(Order.Delete, { name: 'lan' }).status).toBe(Status.InUse)
    expect(world.order(Order.Detach, { port: 0 }).status).toBe(Status.Ok)
    expect(world.order(Order.Delete, { name: 'lan' }).status).toBe(Status.Ok)
    expect(world.order(Order.Info, { name: 'lan' }).status).toBe(Status.NoSuchSwitch)
    expect(world.order(99).status).toBe(Status.Unsupported)
    for (let count = 1; count < 64; count++) expect(world.order(Order.Create, { name: `s${count}` }).status).toBe(Status.Ok)
    expect(world.order(Order.Create, { name: 'one-more' }).status).toBe(Status.TooManySwitches)
  })

  test('an instance that starts later finds switches and ports as they were left', () => {
    for (const name of ['a', 'b', 'c']) world.order(Order.Create, { name })
    attachAll({}, { flags: Flag.Private }, { flags: Flag.MacLocked, mac: mac(7) })
    world.order(Order.Set, { port: 1, settings: { vlan: 5 } })
    world.order(Order.Detach, { port: 0 })
    world.order(Order.Delete, { name: 'b' })
    const described = () => [
      ...[0, 1, 2, 3].map(number => world.order(Order.Next, { number })),
      ...[0, 1, 2].map(port => world.order(Order.PortInfo, { port })),
    ]
    const before = described()
    world.restart(world.records)
    expect(described()).toEqual(before)
    expect(world.order(Order.Create, { name: 'd' }).status).toBe(Status.Ok)
    expect(world.order(Order.Next, { number: 2 })).toMatchObject({ name: 'd' })
  })

  test('a port that is detached keeps its settings, also for an instance that starts later', () => {
    world.order(Order.Create, { name: 'a' })
    const settings = { flags: Flag.MacLocked, mac: mac(7), vlan: 5, sendRate: 1000, sendBurst: 2000 }
    expect(world.info(3)).toMatchObject({ status: Status.NoSuchPort, settings: settingsRecord({}) })
    expect(world.attach(3, settings, 'a')).toBe(Status.Ok)
    expect(world.order(Order.Detach, { port: 3 }).status).toBe(Status.Ok)
    expect(world.info(3)).toMatchObject({ status: Status.NoSuchPort, name: '', settings: settingsRecord(settings) })
    world.restart(world.records)
    expect(world.info(3)).toMatchObject({ status: Status.NoSuchPort, name: '', settings: settingsRecord(settings) })
    expect(world.attach(3, { vlan: 6 }, 'a')).toBe(Status.Ok)
    world.restart(world.records)
    expect(world.info(3)).toMatchObject({ status: Status.Ok, name: 'a', settings: settingsRecord({ vlan: 6 }) })
  })

  test('so does one that could not be attached', () => {
    world.order(Order.Create, { name: 'a' })
    world.attach(0, { flags: Flag.Mirror }, 'a')
    world.attach(1, {}, 'a')
    world.records[64 + 1] = Buffer.concat([world.records[64 + 1].subarray(0, 48), settingsRecord({ flags: Flag.Mirror, vlan: 3 })])
    world.logged = []
    world.restart(world.records)
    expect(world.logged).toEqual(['the network a does not take port 1: reason 11'])
    expect(world.info(1)).toMatchObject({ status: Status.NoSuchPort, settings: settingsRecord({ flags: Flag.Mirror, vlan: 3 }) })
  })

  test.each<[Settings, number]>([
    [{ flags: 512 }, Status.WrongFlags], [{ flags: Flag.Private | Flag.Uplink }, Status.WrongFlags], [{ flags: Flag.Mirror | Flag.Mirrored }, Status.WrongFlags],
    [{ flags: Flag.AddressLocked, mac: mac(1) }, Status.WrongFlags], [{ vlan: 4095 }, Status.WrongVlan], [{ flags: Flag.Trunk, trunk: [0, 7], vlan: 7 }, Status.WrongVlan], [{ flags: Flag.MacLocked }, Status.WrongMac],
    [{ flags: Flag.MacLocked, mac: '01:00:00:00:00:01' }, Status.WrongMac], [{ sendRate: 1 }, Status.WrongRate], [{ receiveBurst: 1 }, Status.WrongRate],
    [{ sendRate: 2 ** 40 + 1, sendBurst: 1 }, Status.WrongRate], [{ sendRate: 1, sendBurst: 2 ** 33 + 1 }, Status.WrongRate], [{ flags: Flag.Uplink }, Status.UplinkTaken],
    [{ flags: Flag.Mirror }, Status.MirrorTaken], [{ flags: Flag.MacLocked, mac: mac(9) }, Status.WrongMac], [{ flags: Flag.MacLocked, mac: mac(9), vlan: 5 }, Status.Ok],
  ])('settings %o: %i', (settings, status) => {
    attachAll({ flags: Flag.Uplink }, { flags: Flag.Mirror }, { flags: Flag.MacLocked, mac: mac(9) }, {})
    expect(world.attach(4, settings)).toBe(status)
    expect(world.info(4).status).toBe(status === Status.Ok ? Status.Ok : Status.NoSuchPort)
    expect(world.order(Order.Set, { port: 3, settings: { ...settings, vlan: settings.vlan ? settings.vlan + 1 : 0 } }).status).toBe(status === Status.WrongVlan ? Status.WrongVlan : status)
  })

  test('a port is of one switch, and of those that there can be', () => {
    attachAll({})
    expect([world.attach(0), world.attach(256), world.attach(1, {}, 'no')]).toEqual([Status.InUse, Status.NoSuchPort, Status.NoSuchSwitch])
    expect(world.order(Order.PortNext, { name: 'lan' })).toMatchObject({ status: Status.Ok, port: 0, linkUp: true })
    expect(world.order(Order.PortNext, { name: 'lan', number: 1 }).status).toBe(Status.NoSuchPort)
  })

  test('two switches have nothing to do with each other', () => {
    world.order(Order.Create, { name: 'other' })
    attachAll({}, {})
    world.attach(2, {}, 'other')
    world.attach(3, {}, 'other')
    expect([portsOf(0, plain(mac(0), all)), portsOf(2, plain(mac(0), all)), portsOf(1, plain(mac(1), mac(0))), portsOf(3, plain(mac(3), mac(0)))]).toEqual([[1], [3], [0], [2]])
    expect(drops(0)).toEqual({})
  })
})

describe('links', () => {
  test('whoever is behind a port is told of its link', () => {
    attachAll({}, { flags: Flag.Down })
    expect([world.guests[0].link, world.guests[1].link, portsOf(0, plain(mac(0), all)), portsOf(1, plain(mac(1), all))]).toEqual([true, false, [], []])
    expect([drops(0), drops(1)]).toEqual([{ NoTarget: 1 }, { Detached: 1 }])
    world.order(Order.Set, { port: 1 })
    expect([world.guests[1].link, portsOf(0, plain(mac(0), all))]).toEqual([true, [1]])
    world.order(Order.Detach, { port: 0 })
    expect(world.guests[0].link).toBe(false)
  })

  test('a frame for a port without room is counted there', () => {
    attachAll({}, {})
    world.guests[1].room = 2
    for (let count = 0; count < 5; count++) world.waiting.push({ port: 0, data: plain(mac(0), all, 100) })
    expect(world.run().length).toBe(2)
    expect(world.info(1)).toMatchObject({ deliveredFrames: 2, deliveredBytes: 2 * 114, drops: { NoRoom: 3 } })
  })

  test('what is dropped on its way to a mirrored port is not mirrored', () => {
    attachAll({}, { flags: Flag.Mirrored }, { flags: Flag.Mirror })
    world.changed(1, { mtu: 100 })
    expect([portsOf(0, plain(mac(0), all, 100)), portsOf(0, plain(mac(0), all, 101))]).toEqual([[1, 2], []])
    expect(drops(1)).toEqual({ TooLong: 1 })
  })

  test('what is longer than the port carries is dropped there; a tag does not count', () => {
    attachAll({ vlan: 2 }, { vlan: 2 }, { flags: Flag.Trunk, trunk: [2], vlan: 1 })
    expect([portsOf(0, plain(mac(0), all, 1500)), portsOf(0, plain(mac(0), all, 1501))]).toEqual([[1, 2], []])
    expect([drops(0), drops(1), drops(2)]).toEqual([{}, { TooLong: 1 }, { TooLong: 1 }])
    world.changed(1, { mtu: 9000 })
    expect(portsOf(0, plain(mac(0), all, 9000))).toEqual([1])
  })
})

describe('addresses', () => {
  test('are learned, move, and are forgotten after five minutes', () => {
    attachAll({}, {}, {})
    expect([portsOf(0, plain(mac(10), mac(11))), portsOf(1, plain(mac(11), mac(10)))]).toEqual([[1, 2], [0]])
    expect(portsOf(2, plain(mac(10), mac(11)))).toEqual([1])
    expect(portsOf(1, plain(mac(11), mac(10)))).toEqual([2])
    world.pass(299e9)
    expect(portsOf(1, plain(mac(11), mac(10)))).toEqual([2])
    world.pass(1e9)
    expect(portsOf(1, plain(mac(11), mac(10)))).toEqual([0, 2])
    expect([world.info(2).count, world.info(1).count]).toEqual([1, 1]) // one of them forgotten, but not looked for yet
    world.pass(20e9)
    expect(world.info(2).count).toBe(0)
    expect(world.order(Order.AddressNext)).toMatchObject({ status: Status.Ok, mac: mac(11), port: 1, count: 0, name: 'lan' })
    world.order(Order.Forget, { name: 'lan' })
    expect(world.order(Order.AddressNext).status).toBe(Status.NoSuchPort)
  })

  test('of one port no more than its share: the others are learned all the same', () => {
    attachAll({}, { addressLimit: 3 }, { flags: Flag.Uplink }, {})
    const many = (port: number, count: number) => { for (let index = 0; index < count; index++) world.waiting.push({ port, data: plain(`02:00:00:0${port}:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`, all) }) }
    many(0, 3000)
    many(1, 100)
    many(2, 3000)
    many(3, 1)
    world.run()
    expect([0, 1, 2, 3].map(port => world.info(port).count)).toEqual([512, 3, 2048, 1])
    expect(portsOf(0, plain(mac(0), '02:00:00:03:00:00'))).toEqual([3])
  })

  test('of another port stay known, whoever says that they have moved to one that has its share', () => {
    attachAll({}, { addressLimit: 1 }, {})
    expect([portsOf(0, plain(mac(10), all)), portsOf(1, plain(mac(11), all)), portsOf(1, plain(mac(10), all))]).toEqual([[1, 2], [0, 2], [0, 2]])
    expect(portsOf(2, plain(mac(12), mac(10)))).toEqual([0])
  })

  test('one that is locked to a port is nobody else\'s, even before it has sent', () => {
    attachAll({}, { flags: Flag.MacLocked, mac: mac(1) }, {})
    expect([portsOf(0, plain(mac(1), all)), portsOf(1, plain(mac(2), all)), portsOf(1, plain(mac(1), all))]).toEqual([[], [], [0, 2]])
    expect([drops(0), drops(1)]).toEqual([{ MacSpoof: 1 }, { MacSpoof: 1 }])
  })
})

describe('rates', () => {
  const counted = (reason: DropReason, settings: Settings, to: string) => {
    attachAll(settings, {})
    const sent = (count: number) => {
      for (let index = 0; index < count; index++) world.waiting.push({ port: 0, data: plain(mac(0), to) })
      return world.run().length
    }
    expect(sent(30)).toBe(10) // a second's at once
    world.pass(500_000_000)
    expect(sent(30)).toBe(5)
    world.pass(3600e9)
    expect(sent(30)).toBe(10)
    expect(drops(0)).toEqual({ [reason]: 65 })
  }
  test('of broadcasts', () => counted('BroadcastStorm', { broadcastRate: 10 }, all))
  test('of other groups', () => counted('MulticastStorm', { multicastRate: 10 }, '33:33:00:00:00:01'))
  test('of unknown addresses', () => counted('UnknownStorm', { unknownRate: 10 }, mac(77)))

  test('what a port may send: more waits and none is lost', () => {
    attachAll({ sendRate: 1_000_000, sendBurst: 10_000 }, {})
    for (let count = 0; count < 4000; count++) world.waiting.push({ port: 0, data: plain(mac(0), all, 974) }) // 1000 bytes with virtio_net_hdr
    const began = world.now
    let got = world.run().length
    while (got < 4000) {
      world.pass(1_000_000)
      got += world.run().length
    }
    const seconds = Number(world.now - began) / 1e9
    expect(seconds).toBeGreaterThan(3.9)
    expect(seconds).toBeLessThan(4.1)
    expect(drops(0)).toEqual({})
  })

  test('a port that waits keeps nobody else waiting, and goes on when its settings allow', () => {
    attachAll({ sendRate: 1, sendBurst: 1 }, {}, {})
    for (let count = 0; count < 100; count++) world.waiting.push({ port: count % 2, data: plain(mac(count % 2), all) })
    expect(world.run().length).toBeGreaterThanOrEqual(2 * 50)
    expect([world.waiting.length > 0, world.guests[0].paused]).toEqual([true, true])
    expect(world.info(1).sentFrames).toBe(50)
    world.order(Order.Set, { port: 0 })
    expect(world.guests[0].paused).toBe(false)
    world.run()
    expect(world.info(0).sentFrames).toBe(50)
  })

  test('what a port may get: more is dropped', () => {
    attachAll({}, { receiveRate: 100_000, receiveBurst: 20_000 })
    let got = 0
    for (let step = 0; step < 1000; step++) {
      world.pass(1_000_000)
      got += world.send(0, plain(mac(0), all, 974)).length
    }
    expect(Math.abs(got - 120)).toBeLessThan(3)
    expect(drops(1).ReceiveRate).toBe(1000 - got)
  })

  test('a rate of one byte a second, looked at often, is kept too', () => {
    attachAll({}, { receiveRate: 1, receiveBurst: 1 })
    let got = 0
    for (let step = 0; step < 3000; step++) {
      world.pass(100_000_000)
      got += world.send(0, plain(mac(0), all, 74)).length // 100 bytes
    }
    expect(got).toBe(3)
  })
})

describe('IP addresses that are locked', () => {
  const own = mac(1)
  const [me, other, nobody, server] = [ip4('10.0.0.1'), ip4('10.0.0.2'), ip4('0.0.0.0'), ip4('255.255.255.255')]
  const [me6, other6, local, foreign, none, group] = ['2001:db8::1', '2001:db8::2', 'fe80::5054:ff:fe00:1', 'fe80::1', '::', 'ff02::1'].map(ip6)
  const link = (type: number, body: Buffer, from = own) => ethernet({ to: all, from }, type, body)
  const four = (from: number[], body = udp(1000, 2000), more: Partial<Parameters<typeof ipv4>[0]> = {}) => link(0x0800, ipv4({ from, to: other, ...more }, body))
  const six = (from: Buffer, body = udp(1000, 2000), next = 17) => link(0x86dd, ipv6({ from, to: group, next }, body))
  const solicit = (from: Buffer, target: Buffer, ...options: Buffer[]) => six(from, icmpv6(135, Buffer.concat([Buffer.alloc(4), target, ...options])), 58)
  const advertise = (from: Buffer, target: Buffer, ...options: Buffer[]) => six(from, icmpv6(136, Buffer.concat([Buffer.alloc(4), target, ...options])), 58)
  const behind = (kind: number, next: number, body: Buffer) => six(me6, Buffer.concat([Buffer.from([next, 0, 0, 0, 0, 0, 0, 0]), body]), kind)

  test.each<[string, Buffer, boolean]>([
    ['ARP of its own', link(0x0806, arp({ mac: own, address: me, target: other })), true],
    ['ARP before it has an address', link(0x0806, arp({ mac: own, address: nobody, target: me })), true],
    ['ARP by another\'s IP address', link(0x0806, arp({ operation: 2, mac: own, address: other, target: me })), false],
    ['ARP by another\'s hardware address', link(0x0806, arp({ operation: 2, mac: mac(2), address: me, target: other })), false],
    ['ARP cut off', link(0x0806, arp({ mac: own, address: me, target: other }).subarray(0, 27)), false],
    ['ARP of other hardware', link(0x0806, Buffer.concat([Buffer.from([0, 6]), arp({ mac: own, address: me, target: other }).subarray(2)])), false],
    ['RARP', link(0x8035, arp({ mac: own, address: me, target: other })), false],
    ['any other type', link(0x88cc, Buffer.alloc(50)), false],
    ['IPv4 of its own', four(me), true],
    ['IPv4 of another', four(other), false],
    ['IPv4 with options', four(other, udp(1, 2), { options: Buffer.from([...me, 1, 1, 1, 1]) }), false],
    ['IPv4 from nobody', four(nobody), false],
    ['asking for an address', four(nobody, udp(68, 67), { to: server }), true],
    ['a DHCP server', four(me, udp(67, 68)), false],
    ['a piece behind the first', four(me, udp(67, 68), { fragment: 100 }), true],
    ['asking in pieces', four(nobody, udp(68, 67), { fragment: 100 }), false],
    ['IPv4 that is none', link(0x0800, Buffer.alloc(60, 0x65)), false],
    ['IPv6 of its own', six(me6), true],
    ['IPv6 by its link-local address', six(local), true],
    ['IPv6 by another\'s link-local address', six(foreign), false],
    ['IPv6 of another', six(other6), false],
    ['IPv6 from nobody', six(none), false],
    ['a DHCPv6 server', six(me6, udp(547, 546)), false],
    ['a router', six(local, icmpv6(134, Buffer.alloc(12)), 58), false],
    ['a redirect', six(local, icmpv6(137, Buffer.alloc(36)), 58), false],
    ['a router behind options', behind(60, 58, icmpv6(134, Buffer.alloc(12))), false],
    ['a router in the first piece', behind(44, 58, icmpv6(134, Buffer.alloc(12))), false],
    ['an echo behind options', behind(0, 58, icmpv6(128, Buffer.alloc(4))), true],
    ['more options than are seen', six(me6, Buffer.concat([Buffer.from([58, 12]), Buffer.alloc(102), icmpv6(128, Buffer.alloc(4))]), 60), false],
    ['looking for a router', six(none, icmpv6(133, Buffer.alloc(4)), 58), true],
    ['reporting groups', six(none, icmpv6(143, Buffer.alloc(20)), 58), true],
    ['looking for a neighbor', solicit(me6, other6, linkOption(1, own)), true],
    ['looking for a neighbor, as another', solicit(me6, other6, linkOption(1, mac(2))), false],
    ['looking whether its address is free', solicit(none, me6), true],
    ['looking whether another\'s is', solicit(none, other6), false],
    ['telling its own address', advertise(me6, me6, linkOption(2, own)), true],
    ['telling its link-local address', advertise(local, local, linkOption(2, own)), true],
    ['telling another\'s', advertise(me6, other6, linkOption(2, own)), false],
    ['telling by another\'s hardware address', advertise(me6, me6, linkOption(2, mac(2))), false],
    ['the same behind an option', advertise(me6, me6, linkOption(14, own), linkOption(2, mac(2))), false],
    ['an option without length', advertise(me6, me6, Buffer.alloc(8)), false],
    ['an option behind what is seen', advertise(me6, me6, Buffer.concat([Buffer.from([14, 9]), Buffer.alloc(70)]), linkOption(2, mac(2))), false],
    ['telling, cut off', advertise(me6, me6).subarray(0, 80), false],
  ])('%s: %#', (_, data, passes) => {
    attachAll({ flags: Flag.MacLocked | Flag.AddressLocked, mac: own, ipv4: [me], ipv6: [me6] }, {})
    expect(portsOf(0, data)).toEqual(passes ? [1] : [])
    expect(drops(0)).toEqual(passes ? {} : { AddressSpoof: 1 })
    expect(portsOf(1, data.map((byte, at) => at === 23 ? 7 : byte) as Buffer)).toEqual([0]) // a port that is not locked
  })

  test.each<[string, number, Buffer, { start: number, offset: number }, boolean]>([
    ['a UDP checksum', 0x0800, ipv4({ from: me, to: other }, udp(1000, 2000)), { start: 34, offset: 6 }, true],
    ['a TCP checksum behind options', 0x0800, ipv4({ from: me, to: other, protocol: 6, options: Buffer.alloc(4, 1) }, tcp({}, Buffer.alloc(4))), { start: 38, offset: 16 }, true],
    ['a checksum over the sender of ARP', 0x0806, arp({ operation: 2, mac: own, address: me, target: other }), { start: 14, offset: 16 }, false],
    ['a checksum over the source of IPv4', 0x0800, ipv4({ from: me, to: other }, udp(1000, 2000)), { start: 14, offset: 14 }, false],
    ['a checksum over the ports of UDP', 0x0800, ipv4({ from: me, to: other }, udp(1000, 2000)), { start: 34, offset: 0 }, false],
    ['a checksum over the type of ICMPv6', 0x86dd, ipv6({ from: me6, to: group, next: 58 }, icmpv6(128, Buffer.alloc(4))), { start: 54, offset: 0 }, false],
  ])('%s that others complete: what was judged is what arrives', (_, type, body, { start, offset }, passes) => {
    attachAll({ flags: Flag.MacLocked | Flag.AddressLocked, mac: own, ipv4: [me], ipv6: [me6] }, {})
    expect(portsOf(0, ethernet({ to: all, from: own }, type, body, { flags: 1, start, offset }))).toEqual(passes ? [1] : [])
    expect(drops(0)).toEqual(passes ? {} : { AddressSpoof: 1 })
  })

  test('what fills a frame up behind its packet is none of it', () => {
    attachAll({ flags: Flag.MacLocked | Flag.AddressLocked, mac: own, ipv4: [me], ipv6: [me6] }, {})
    const options = Buffer.from([58, 0, 1, 4, 0, 0, 0, 0])
    const first = six(me6, Buffer.concat([Buffer.from([60, 0, 0, 1, 0, 0, 0, 1]), options]), 44)
    expect(portsOf(0, Buffer.concat([first, Buffer.from([128, 0, 0, 0]), Buffer.alloc(20)]))).toEqual([])
    expect(portsOf(0, behind(44, 58, icmpv6(135, Buffer.concat([Buffer.alloc(4), other6]))).map((byte, at) => at === 69 ? 1 : byte) as Buffer)).toEqual([])
    expect(drops(0)).toEqual({ AddressSpoof: 2 })
  })

  test('a tag hides nothing', () => {
    attachAll({ flags: Flag.MacLocked | Flag.AddressLocked | Flag.Trunk, mac: own, ipv4: [me], trunk: [5] }, { flags: Flag.Trunk, trunk: [5] })
    const tagged = (from: number[]) => ethernet({ to: all, from: own, tag: 5 }, 0x0800, ipv4({ from, to: other }, udp(1, 2)))
    expect([portsOf(0, tagged(me)), portsOf(0, tagged(other))]).toEqual([[1], []])
  })
})

describe('tags', () => {
  const control = (data: Buffer) => data.readUInt16BE(24) === 0x8100 ? data.readUInt16BE(26) : undefined

  test('come and go as ports want them; the priority stays', () => {
    attachAll({ vlan: 5 }, { vlan: 5 }, { flags: Flag.Trunk, trunk: [5, 6], vlan: 6 }, { vlan: 6 })
    const sent = world.send(2, ethernet({ to: all, from: mac(2), tag: 5, priority: 3 }, 0x88b5, Buffer.alloc(60)))
    expect(sent.map(({ port, data }) => [port, control(data), data.length])).toEqual([[0, undefined, 86], [1, undefined, 86]])
    expect(world.send(0, plain(mac(0), all)).map(({ port, data }) => [port, control(data)])).toEqual([[1, undefined], [2, 5]])
    expect(world.send(2, plain(mac(2), all)).map(({ port, data }) => [port, control(data)])).toEqual([[3, undefined]])
    expect(world.send(0, ethernet({ to: all, from: mac(0), tag: 0, priority: 7 }, 0x88b5, Buffer.alloc(60))).map(({ port, data }) => [port, control(data)])).toEqual([[1, undefined], [2, 7 << 13 | 5]])
  })

  test('one at most, wherever the frame comes from', () => {
    attachAll({ vlan: 5 }, { flags: Flag.Trunk, trunk: [5, 6], vlan: 5 })
    const inner = Buffer.from([0, 6, 8, 0, 1, 2, 3])
    for (const [port, tag, type] of [[0, 0, 0x8100], [0, undefined, 0x88a8], [1, 5, 0x8100], [1, 6, 0x9100]] as const) expect(portsOf(port, ethernet({ to: all, from: mac(port), tag }, type, inner))).toEqual([])
    expect([drops(0), drops(1)]).toEqual([{ Vlan: 2 }, { Vlan: 2 }])
  })

  test('a checksum\'s place moves with them', () => {
    attachAll({ flags: Flag.Trunk, trunk: [5], vlan: 1 }, { vlan: 5 }, { flags: Flag.Trunk, trunk: [5], vlan: 1 })
    const body = ipv4({ from: ip4('10.0.0.1'), to: ip4('10.0.0.2') }, udp(1, 2))
    const sent = world.send(0, ethernet({ to: all, from: mac(0), tag: 5 }, 0x0800, body, { flags: 1, start: 38, offset: 6 }))
    expect(sent.map(({ port, data }) => [port, data[0], data.readUInt16LE(6), data.readUInt16LE(8), data.readUInt16LE(10)])).toEqual([[1, 1, 34, 6, 1], [2, 1, 38, 6, 1]])
    expect(sent.every(({ data }) => data.subarray(data.readUInt16LE(6) + 12).equals(udp(1, 2)))).toBe(true)
    expect(macOf(mac(0)).equals(sent[0].data.subarray(18, 24))).toBe(true)
  })
})

test('both directions of a flow are received by the same queue, and flows by several', () => {
  attachAll({}, {})
  const hash = (from: number[], to: number[], source: number, target: number) => world.send(0, ethernet({ to: all, from: mac(0) }, 0x0800, ipv4({ from, to }, udp(source, target))))[0].hash
  const [a, b] = [ip4('10.0.0.1'), ip4('10.0.0.2')]
  const queues = new Set<number>()
  for (let port = 1000; port < 1064; port++) {
    expect(hash(a, b, port, 80)).toBe(hash(b, a, 80, port))
    queues.add(hash(a, b, port, 80) % 8)
  }
  expect(queues.size).toBe(8)
})
