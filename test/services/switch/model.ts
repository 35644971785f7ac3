/** What a switch is to do, written from docs/network.md and from nothing that the service is made of: whole frames, maps and sets. Without segmentation, rates and IP addresses. */
import { Flag, macOf, type DropReason, type Settings } from './world.ts'

interface Member { number: number, flags: number, vlan: number, trunk: Set<number>, mac: string, limit: number, ready: boolean }
export interface Outcome { drop?: DropReason, to: { port: number, data: Buffer }[] }

export class Model {
  members = new Map<number, Member>()
  /** By VLAN and address. */
  known = new Map<string, { port: number, time: bigint }>()

  set(number: number, { flags = 0, vlan = 0, trunk = [], mac = '', addressLimit = 0 }: Settings): void {
    this.members.set(number, { number, flags, vlan, trunk: new Set(trunk), mac: mac === '' ? '' : macOf(mac).toString('hex'), limit: addressLimit || 512, ready: true })
    this.#forget(number)
    if (flags & Flag.MacLocked) for (const key of [...this.known.keys()]) if (key.endsWith(this.members.get(number)!.mac)) this.known.delete(key)
  }

  remove(number: number): void {
    this.members.delete(number)
    this.#forget(number)
  }

  ready(number: number, ready: boolean): void {
    this.members.get(number)!.ready = ready
    if (!ready) this.#forget(number)
  }

  /** Addresses that sent nothing for five minutes do not count any more, once somebody has looked. */
  look(now: bigint): void { for (const [key, { time }] of [...this.known]) if (now - time >= 300_000_000_000n) this.known.delete(key) }

  #forget(number: number): void { for (const [key, { port }] of [...this.known]) if (port === number) this.known.delete(key) }

  send(number: number, data: Buffer, now: bigint): Outcome {
    const sender = this.members.get(number)
    const dropped = (drop: DropReason): Outcome => ({ drop, to: [] })
    if (!sender || sender.flags & Flag.Down) return dropped('Detached')
    const frame = data.subarray(12)
    if (frame.length < 14 || frame[6] & 1 || frame.subarray(6, 12).every(byte => byte === 0)) return dropped('Malformed')
    const [to, from] = [frame.subarray(0, 6), frame.subarray(6, 12)].map(mac => mac.toString('hex'))
    let type = frame.readUInt16BE(12), tag: number | undefined
    if (type === 0x8100) {
      if (frame.length < 18) return dropped('Malformed')
      tag = frame.readUInt16BE(14)
      type = frame.readUInt16BE(16)
    }
    if (sender.flags & Flag.Mirror) return dropped('FromMirror')
    if (/^0180c200000.$/.test(to)) return dropped('Reserved')
    const id = (tag ?? 0) & 0xfff
    const isTrunk = (sender.flags & Flag.Trunk) !== 0
    if (id !== 0 && !isTrunk || [0x8100, 0x88a8, 0x9100].includes(type) || id === 0xfff) return dropped('Vlan')
    const vlan = id === 0 ? sender.vlan : id
    if (!Model.#has(sender, vlan)) return dropped('Vlan')
    if (sender.flags & Flag.MacLocked && from !== sender.mac) return dropped('MacSpoof')
    const key = `${vlan} ${from}`
    if (this.known.get(key)?.port !== number) {
      for (const other of this.members.values()) if (other !== sender && other.flags & Flag.MacLocked && other.mac === from && Model.#has(other, vlan)) return dropped('MacSpoof')
      const limit = Math.min(sender.limit, sender.flags & Flag.Uplink && sender.limit === 512 ? 2048 : 512)
      if ([...this.known.values()].filter(({ port }) => port === number).length < limit) this.known.set(key, { port: number, time: now })
    } else this.known.get(key)!.time = now
    const isGroup = (frame[0] & 1) !== 0
    const known = isGroup ? undefined : this.known.get(`${vlan} ${to}`)
    const target = known && now - known.time < 300_000_000_000n ? this.members.get(known.port)! : undefined
    if (target === sender) return dropped('NoTarget')
    if (target && !Model.#meet(sender, target)) return dropped('Isolated')
    const all = target ? [target] : [...this.members.values()].sort((one, other) => one.number - other.number).filter(member => Model.#meet(sender, member))
    const targets = all.filter(member => member.ready && !(member.flags & Flag.Down) && Model.#has(member, vlan))
    if (targets.length === 0) return dropped('NoTarget')
    const form = (tagged: boolean) => {
      const control = (tag ?? 0) & 0xf000 | vlan
      return Buffer.concat([data.subarray(0, 24), tagged ? Buffer.from([0x81, 0, control >> 8, control & 0xff]) : Buffer.alloc(0), frame.subarray(tag === undefined ? 12 : 16)])
    }
    const deliveries = targets.map(member => ({ port: member.number, data: form((member.flags & Flag.Trunk) !== 0 && member.vlan !== vlan) }))
    const mirror = [...this.members.values()].find(member => member.flags & Flag.Mirror)
    if (mirror?.ready && !(mirror.flags & Flag.Down) && [sender, ...targets].some(member => member.flags & Flag.Mirrored)) deliveries.push({ port: mirror.number, data: form(vlan !== 0) })
    return { to: deliveries }
  }

  static #has(member: Member, vlan: number): boolean { return member.flags & Flag.Trunk ? member.trunk.has(vlan) : member.vlan === vlan }

  static #meet(one: Member, other: Member): boolean {
    if (one === other || (one.flags | other.flags) & Flag.Mirror) return false
    if (one.flags & Flag.Uplink && other.flags & Flag.Uplink) return false
    const sees = (a: Member, b: Member) => !(a.flags & Flag.Private) || (b.flags & (Flag.Uplink | Flag.Promiscuous)) !== 0
    return sees(one, other) && sees(other, one)
  }
}
