/** net set: one setting of a port becomes another, the others stay. */
import { PortFlag, PortSettings, PortSettingsBytes, SwitchOperation, SwitchStatus } from '../../../capability/switch'
import { Change } from './change'
import { Place } from './place'
import { answer, answeredName, order, prepare } from './record'
import { refusal, strange } from './refusal'
import { PortSetting, portSettingNames, wordOfPort } from './settings'
import { changePort } from './value'

const enum Step { See, Set, Over }

/** Looks at it, and gives it all settings again with one changed. */
export class SetPort extends Change {
  private now: Step = Step.See
  private before: string = ''
  private network: string = ''
  private port: u32 = 0
  private bytes: StaticArray<u8> = new StaticArray<u8>(PortSettingsBytes)

  /** `text` is a value that the setting can have. */
  constructor(readonly place: Place, readonly setting: u32, readonly text: string) {
    super()
    this.network = place.uplinkOf
  }

  private get settings(): PortSettings { return changetype<PortSettings>(changetype<usize>(this.bytes)) }

  protected step(): bool {
    if (this.now == Step.See) this.place.prepare()
    else {
      prepare(SwitchOperation.Set)
      order.port = this.port
      memory.copy(changetype<usize>(order.settings), changetype<usize>(this.bytes), PortSettingsBytes)
    }
    return this.now != Step.Over
  }

  answered(): void {
    if (answer.status != SwitchStatus.Ok) this.said = refusal(answer.status, order.operation, this.network, this.place.name)
    else if (this.now == Step.See && !this.place.isAnswered()) this.said = strange
    else if (this.now == Step.See) this.see()
    else this.said = `${portSettingNames[this.setting]} of ${this.place.name}: ${this.before} -> ${wordOfPort(this.settings, this.setting)}`
    if (this.said.length) this.now = Step.Over
  }

  private see(): void {
    this.network = answeredName()
    this.port = answer.port
    this.before = wordOfPort(answer.settings, this.setting)
    memory.copy(changetype<usize>(this.bytes), changetype<usize>(answer.settings), PortSettingsBytes)
    changePort(this.settings, this.setting, this.text)
    this.said = contradiction(this.settings, this.setting, this.place.name)
    this.now = Step.Set
  }
}

/** What speaks against settings that are in order each by itself; '' where nothing does. */
function contradiction(settings: PortSettings, setting: u32, name: string): string {
  const flags = settings.flags
  if ((flags & (PortFlag.AddressLocked | PortFlag.MacLocked)) == PortFlag.AddressLocked) {
    if (setting == PortSetting.LockMac) return `${name} is held to IP addresses, which takes lockMac on. First: net set ${name} addresses none`
    return `Addresses are held to with lockMac on only. First: net set ${name} lockMac on`
  }
  if ((flags & (PortFlag.Mirror | PortFlag.Mirrored)) == (PortFlag.Mirror | PortFlag.Mirrored)) {
    if (setting == PortSetting.Role) return `${name} is mirrored, which a mirror is not. First: net set ${name} mirrored off`
    return `${name} is the mirror, which is not mirrored. First: net set ${name} role ordinary`
  }
  return ''
}
