/** Asks for networks, and for their ports and addresses, one by one, and shows them when they are there. */
import { ConfigurationLimit } from '../../../capability/configuration'
import { PortLimit, SwitchAnswer, SwitchAnswerBytes, SwitchOperation, SwitchStatus } from '../../../capability/switch'
import { quoted } from '../format'
import { nearest } from '../suggestion'
import { print } from '../terminal'
import { answer, answeredName, order, prepare, SwitchConversation } from './record'
import { refusal, strange } from './refusal'

/** More networks than a host can have there are not, nor more addresses learned. */
export const NetworkLimit: u32 = ConfigurationLimit.Networks
const AddressLimit: u32 = 4096

/** What a survey finds: networks alone, or what they have. */
export const enum Wanted { Networks, Ports, Addresses }

/** A port as the service described it. */
export class PortState {
  readonly network: string = answeredName()
  private bytes: StaticArray<u8> = new StaticArray<u8>(SwitchAnswerBytes)

  constructor() { memory.copy(changetype<usize>(this.bytes), changetype<usize>(answer), SwitchAnswerBytes) }

  get told(): SwitchAnswer { return changetype<SwitchAnswer>(changetype<usize>(this.bytes)) }
}

/** A hardware address that was learned. */
export class LearnedAddress {
  readonly network: string = answeredName()
  readonly mac: u64 = answer.mac
  readonly vlan: u32 = answer.count
  readonly port: u32 = answer.port
}

/** Networks, all or the one called `only`, and what is to be known of them. */
export abstract class Survey extends SwitchConversation {
  protected networks: string[] = []
  protected ports: PortState[] = []
  protected addresses: LearnedAddress[] = []
  private failure: string = ''
  private part: Wanted = Wanted.Networks
  private at: i32 = 0 // which network's ports are asked for
  private next: u32 = 0
  private isOver: bool = false

  constructor(readonly only: string, readonly wanted: Wanted) { super() }

  ask(): bool {
    if (this.isOver) return false
    switch (this.part) {
      case Wanted.Networks:
        prepare(SwitchOperation.Next)
        break
      case Wanted.Ports:
        prepare(SwitchOperation.PortNext, this.networks[this.at])
        break
      default: prepare(SwitchOperation.AddressNext)
    }
    order.number = this.next
    return true
  }

  answered(): void {
    if (answer.status == SwitchStatus.Ok) return this.take()
    const isEnd = answer.status == SwitchStatus.NoSuchSwitch || answer.status == SwitchStatus.NoSuchPort && this.part != Wanted.Networks
    if (!isEnd) return this.fail(refusal(answer.status, order.operation, this.only))
    this.next = 0
    switch (this.part) {
      case Wanted.Networks:
        this.part = this.wanted
        if (this.choose()) this.isOver = this.wanted == Wanted.Networks || this.wanted == Wanted.Ports && !this.networks.length
        return
      case Wanted.Ports:
        this.isOver = ++this.at >= this.networks.length
        return
      default: this.isOver = true
    }
  }

  /** One more was found. */
  private take(): void {
    const number = this.part == Wanted.Ports ? answer.port : answer.number
    const limit = this.part == Wanted.Networks ? NetworkLimit : this.part == Wanted.Ports ? PortLimit : AddressLimit
    if (number < this.next || number >= limit) return this.fail(strange)
    this.next = number + 1
    if (this.part == Wanted.Networks) this.networks.push(answeredName())
    else if (this.part == Wanted.Ports) this.ports.push(new PortState())
    else if (!this.only.length || answeredName() == this.only) this.addresses.push(new LearnedAddress())
  }

  /** Goes on with the one that is asked for; false when there is none of this name. */
  private choose(): bool {
    if (!this.only.length) return true
    const names = this.networks
    if (names.includes(this.only)) this.networks = [this.only]
    else this.fail(noSuchNetwork(this.only, names))
    return !this.failure.length
  }

  private fail(why: string): void {
    this.failure = why
    this.isOver = true
  }

  show(): bool {
    if (!this.failure.length) return this.present()
    print(this.failure + '\n')
    return false
  }

  /** Shows a part of what was found; true while there is more. */
  protected abstract present(): bool
}

function noSuchNetwork(name: string, names: string[]): string {
  const meant = nearest(name, names)
  const offer = meant.length ? `Did you mean: ${meant}?` : names.length ? `There are: ${names.join(', ')}.` : 'There is none; net create makes one.'
  return `There is no network ${quoted(name)}. ${offer}`
}
