/** Orders that change networks and ports, one step after the other. */
import { PortSettingsBytes, SwitchOperation, SwitchStatus } from '../../../capability/switch'
import { learnNames } from './names'
import { Place } from './place'
import { answer, answeredName, order, prepare, SwitchConversation } from './record'
import { refusal, strange } from './refusal'

/** A change of one step or more. */
export abstract class Change extends SwitchConversation {
  /** What is said at the end; '' while it goes on. */
  protected said: string = ''

  ask(): bool { return !this.said.length && this.step() }
  isChange(): bool { return true }
  outcome(): string { return this.said }

  /** Fills in the next order. */
  protected abstract step(): bool
}

/** create, delete, forget and disconnect: one order. */
export class OneOrder extends Change {
  private isAsked: bool = false

  constructor(readonly operation: u32, readonly network: string, readonly place: Place | null, readonly done: string) { super() }

  protected step(): bool {
    if (this.isAsked) return false
    this.isAsked = true
    prepare(this.operation, this.network)
    const place = this.place
    if (place) order.port = place.port
    return true
  }

  answered(): void {
    const place = this.place
    this.said = answer.status == SwitchStatus.Ok ? this.done : refusal(answer.status, this.operation, this.network, place ? place.name : '')
    if (this.operation == SwitchOperation.Create || this.operation == SwitchOperation.Delete) learnNames()
  }
}

const enum Step { Look, See, Detach, Attach, Return, Over }

/** Takes an interface to another network with the settings that it has, or had; where that does not take it, back to where it was. */
export class Connect extends Change {
  private now: Step = Step.Look
  private from: string = '' // the network where it was
  private why: string = '' // it is not taken
  private settings: StaticArray<u8> = new StaticArray<u8>(PortSettingsBytes)

  constructor(readonly place: Place, readonly to: string) { super() }

  protected step(): bool {
    switch (this.now) {
      case Step.Look:
        prepare(SwitchOperation.Info, this.to)
        return true
      case Step.See:
        this.place.prepare()
        return true
      case Step.Detach:
        prepare(SwitchOperation.Detach)
        order.port = this.place.port
        return true
      case Step.Attach:
      case Step.Return:
        prepare(SwitchOperation.Attach, this.now == Step.Attach ? this.to : this.from)
        order.port = this.place.port
        memory.copy(changetype<usize>(order.settings), changetype<usize>(this.settings), PortSettingsBytes)
        return true
      default: return false
    }
  }

  answered(): void {
    const isOk = answer.status == SwitchStatus.Ok
    switch (this.now) {
      case Step.Look: return this.go(isOk, Step.See)
      case Step.See: return this.see()
      case Step.Detach: return this.go(isOk, Step.Attach)
      case Step.Attach:
        if (isOk) return this.end(`${this.place.name} is connected to ${this.to}${this.from.length ? `, and no longer to ${this.from}` : ''}.`)
        this.why = refusal(answer.status, SwitchOperation.Attach, this.to, this.place.name)
        if (!this.from.length || answer.status == SwitchStatus.Failed) return this.end(this.why)
        this.now = Step.Return
        return
      default: this.end(`${this.why} ${isOk ? `It is at ${this.from} as before.` : `It is connected to no network now: ${this.from} does not take it back.`}`)
    }
  }

  private see(): void {
    if (answer.status == SwitchStatus.Ok && !this.place.isAnswered()) return this.end(strange)
    if (answer.status != SwitchStatus.Ok && answer.status != SwitchStatus.NoSuchPort) return this.go(false, Step.Over)
    memory.copy(changetype<usize>(this.settings), changetype<usize>(answer.settings), PortSettingsBytes)
    this.now = Step.Attach
    if (answer.status == SwitchStatus.NoSuchPort) return
    this.from = answeredName()
    if (this.from == this.to) return this.end(`${this.place.name} is connected to ${this.to} already.`)
    this.now = Step.Detach
  }

  private go(isOk: bool, next: Step): void {
    if (isOk) this.now = next
    else this.end(refusal(answer.status, order.operation, this.to, this.place.name))
  }

  private end(text: string): void {
    this.now = Step.Over
    this.said = text
  }
}
