/** net port: one port, with its settings and why frames were dropped. */
import { Drop, PortFlag, SwitchAnswer, SwitchStatus } from '../../../capability/switch'
import { wrapped } from '../format'
import { Json } from '../json'
import { Facts } from '../table'
import { print } from '../terminal'
import { macText } from './address'
import { dropNames, dropText } from './drops'
import { Place } from './place'
import { reportPort } from './portjson'
import { allDrops, dropsOf, linkText, roleOf, traffic } from './portstate'
import { answer, answeredName, order, SwitchConversation } from './record'
import { refusal, strange } from './refusal'
import { portSettingNames, PortSetting, wordOfPort } from './settings'

/** Asks for it and shows it. */
export class PortInformation extends SwitchConversation {
  private isAsked: bool = false

  constructor(readonly place: Place, readonly asJson: bool) { super() }

  ask(): bool {
    if (this.isAsked) return false
    this.isAsked = true
    this.place.prepare()
    return true
  }

  answered(): void {
    if (answer.status != SwitchStatus.Ok) return print(refusal(answer.status, order.operation, this.place.uplinkOf, this.place.name) + '\n')
    if (!this.place.isAnswered()) return print(strange + '\n')
    if (!this.asJson) return describe(this.place.name)
    const json = new Json()
    reportPort(json, answer, answeredName())
    json.show()
  }
}

function describe(name: string): void {
  const settings = answer.settings
  const counters = answer.counters
  const facts = new Facts()
    .add('port', name)
    .add('network', answeredName())
    .add('link', linkText(answer))
  if (settings.flags & PortFlag.Uplink) facts.add('role', roleOf(settings.flags))
  if (settings.mac) facts.add('MAC', macText(settings.mac))
  for (let setting: u32 = PortSetting.Vlan; setting < <u32>portSettingNames.length; setting++) {
    if (!(settings.flags & PortFlag.Uplink && (setting == PortSetting.Role || setting == PortSetting.LockMac || setting == PortSetting.Addresses))) facts.add(portSettingNames[setting], wrapped(wordOfPort(settings, setting)))
  }
  facts.add('learned', `${answer.count} ${answer.count == 1 ? 'address' : 'addresses'}`)
    .add('sent', traffic(counters.sentFrames, counters.sentBytes))
    .add('received', traffic(counters.deliveredFrames, counters.deliveredBytes))
    .add('dropped', dropLines(answer, name))
    .show()
}

/** The total, then each reason that there was. */
function dropLines(told: SwitchAnswer, name: string): string {
  let text = allDrops(told).toString()
  for (let reason: u32 = 0; reason < Drop.Count; reason++) {
    const count = dropsOf(told, reason)
    if (count) text += `\n${count}  ${dropNames[reason]}\n  ${wrapped(dropText(reason, name)).replaceAll('\n', '\n  ')}`
  }
  return text
}
