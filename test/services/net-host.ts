/** The switches' service beside a console, as the nucleus puts it there: the very module that boots, with the networks and ports of a configuration. */
import { Flag, Order, World as Service, type Settings } from './switch/world'

export class NetHost {
  /** Whether orders are carried out; they wait otherwise. */
  works = true
  /** Whether there is a service to take them. */
  runs = true
  /** What it answers instead, when a test says so. */
  answers: ((order: Buffer) => Buffer | undefined) | undefined
  /** The operations that were ordered. */
  asked: number[] = []
  private order: Buffer | undefined
  private answer: Buffer | undefined

  private constructor(readonly service: Service) {}

  /** Networks, and ports by their numbers: from 192 on they are uplinks. */
  static async make(networks: string[], ports: Record<number, [network: string, settings: Settings]> = {}): Promise<NetHost> {
    const host = new NetHost(await Service.make())
    for (const name of networks) host.service.order(Order.Create, { name })
    for (const [port, [name, settings]] of Object.entries(ports)) {
      const { status } = host.service.order(Order.Attach, { name, port: Number(port), settings })
      if (status !== 0) throw new Error(`port ${port} is not attached: ${status}`)
    }
    return host
  }

  /** lan with web:0, db:0 and an uplink; dmz with web:1. */
  static lab(): Promise<NetHost> {
    const mac = (last: number) => `02:00:00:00:00:0${last}`
    return NetHost.make(['lan', 'dmz'], {
      0: ['lan', { flags: Flag.MacLocked, mac: mac(1) }], 1: ['dmz', { flags: Flag.MacLocked, mac: mac(2), vlan: 10 }], 2: ['lan', { flags: Flag.MacLocked, mac: mac(3) }],
      192: ['lan', { flags: Flag.Uplink | Flag.Trunk, trunk: [0, 10, 11, 12] }],
    })
  }

  /** Carries out what was ordered; true when the console is to be woken. */
  carryOut(): boolean {
    if (!this.order || !this.works) return false
    this.answer = this.answers?.(this.order) ?? this.service.carryOut(this.order)
    this.order = undefined
    return true
  }

  /** The functions of capability/admin.ts, with the console's memory at `bytes`. */
  imports(bytes: (at: number, length: number) => Uint8Array) {
    return {
      switchOrder: (source: number) => {
        if (this.order || !this.runs) return 0
        this.order = Buffer.from(bytes(source, 704))
        this.asked.push(this.order.readUInt32LE(4))
        this.answer = undefined
        return 1
      },
      switchAnswer: (target: number) => {
        if (!this.answer) return 0
        bytes(target, 872).set(this.answer)
        this.answer = undefined
        return 1
      },
    }
  }
}

/** An answer with a status, and all else 0 but what is given: words by their offsets. */
export function answered(status: number, words: Record<number, number> = {}, name = ''): Buffer {
  const answer = Buffer.alloc(872)
  answer.writeUInt32LE(status, 0)
  for (const [at, value] of Object.entries(words)) answer.writeUInt32LE(value, Number(at))
  answer.write(name, 32, 32, 'latin1')
  return answer
}
