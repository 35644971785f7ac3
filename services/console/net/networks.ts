/** net list, net info: networks with their ports. */
import { PortFlag, SwitchAnswer } from '../../../capability/switch'
import { wrapped } from '../format'
import { Json } from '../json'
import { Facts, Table } from '../table'
import { print } from '../terminal'
import { portName } from './place'
import { reportVlans } from './portjson'
import { linkText, vlanText } from './portstate'
import { PortState, Survey, Wanted } from './survey'
import { addVlan, hasVlan, MostVlan, VlanSetBytes, vlansText } from './vlans'

const vlans: usize = memory.data(512, 8) // VlanSetBytes

/** What a network's ports come to. */
class Sum {
  ports: string[] = []
  mirror: string = ''
  uplink: SwitchAnswer | null = null
  learned: u32 = 0

  constructor(readonly network: string, ports: PortState[]) {
    memory.fill(vlans, 0, VlanSetBytes)
    for (let i = 0; i < ports.length; i++) if (ports[i].network == network) this.add(ports[i].told)
  }

  private add(told: SwitchAnswer): void {
    const settings = told.settings
    this.ports.push(portName(told.port, this.network))
    this.learned += told.count
    if (settings.flags & PortFlag.Uplink) this.uplink = told
    if (settings.flags & PortFlag.Mirror) this.mirror = portName(told.port, this.network)
    if (!(settings.flags & PortFlag.Trunk)) addVlan(vlans, settings.vlan)
    else for (let vlan: u32 = 0; vlan <= MostVlan; vlan++) if (hasVlan(settings.trunk, vlan)) addVlan(vlans, vlan)
  }

  get uplinkText(): string {
    const told = this.uplink
    return told ? linkText(told) : 'none'
  }

  report(json: Json): void {
    json.object().name('name').text(this.network).name('ports').words(this.ports.join(' ')).name('uplink').text(this.uplinkText).name('mirror').text(this.mirror).name('vlans')
    reportVlans(json, vlans)
    json.name('addresses').number(this.learned).endObject()
  }
}

/** All networks. */
export class NetworkList extends Survey {
  constructor(readonly asJson: bool) { super('', Wanted.Ports) }

  protected present(): bool {
    const json = new Json().array()
    const table = new Table(['NAME', '>PORTS', 'UPLINK', 'VLANS', '>ADDRESSES'])
    for (let i = 0; i < this.networks.length; i++) {
      const sum = new Sum(this.networks[i], this.ports)
      if (this.asJson) sum.report(json)
      else table.row([sum.network, sum.ports.length.toString(), sum.uplinkText, shortened(vlansText(vlans)), sum.learned.toString()])
    }
    if (this.asJson) json.endArray().show()
    else if (this.networks.length) table.show()
    else print('There are no networks. net create makes one.\n')
    return false
  }
}

/** One network. */
export class NetworkInformation extends Survey {
  constructor(name: string, readonly asJson: bool) { super(name, Wanted.Ports) }

  protected present(): bool {
    const sum = new Sum(this.only, this.ports)
    if (this.asJson) {
      const json = new Json()
      sum.report(json)
      json.show()
      return false
    }
    const uplink = sum.uplink
    new Facts()
      .add('name', this.only)
      .add('ports', sum.ports.length ? wrapped(sum.ports.join(' ')) : 'none. net connect connects a VM')
      .add('uplink', uplink ? `${linkText(uplink)}, VLAN ${vlanText(uplink.settings)}` : 'none')
      .add('mirror', sum.mirror)
      .add('VLANs', wrapped(vlansText(vlans).replaceAll(',', ' ')))
      .add('addresses', `${sum.learned} learned`)
      .show()
    return false
  }
}

function shortened(text: string): string { return text.length > 20 ? text.substring(0, 17) + '...' : text }
