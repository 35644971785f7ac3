/** net ports: what each port is and has done. */
import { Json } from '../json'
import { Table } from '../table'
import { print } from '../terminal'
import { macText } from './address'
import { portName } from './place'
import { reportPort } from './portjson'
import { allDrops, linkText, roleOf, traffic, vlanText } from './portstate'
import { PortState, Survey, Wanted } from './survey'

/** Ports of all networks or of one, shown as the terminal takes them. */
export class PortList extends Survey {
  private table: Table = new Table(['PORT', 'NETWORK', 'ROLE', 'VLAN', 'MAC', 'LINK', '>SENT', '>RECEIVED', '>DROPPED'])
  private shown: i32 = -1 // how many are; -1: not even the heading

  constructor(only: string, readonly asJson: bool) { super(only, Wanted.Ports) }

  protected present(): bool {
    if (this.asJson) return this.report()
    if (this.shown < 0) {
      for (let i = 0; i < this.ports.length; i++) this.table.widen(cellsOf(this.ports[i]))
      if (this.ports.length) this.table.show()
      else print(this.only.length ? `${this.only} has no ports. net connect connects a VM.\n` : 'No network has ports. net connect connects a VM.\n')
    } else if (this.shown < this.ports.length) print(this.table.line(cellsOf(this.ports[this.shown])) + '\n')
    return ++this.shown < this.ports.length
  }

  private report(): bool {
    if (this.shown < 0) print('[')
    else if (this.shown < this.ports.length) {
      const json = new Json()
      reportPort(json, this.ports[this.shown].told, this.ports[this.shown].network)
      print((this.shown ? ',' : '') + json.written())
    }
    if (++this.shown < this.ports.length) return true
    print(']\n')
    return false
  }
}

function cellsOf(port: PortState): string[] {
  const told = port.told
  const counters = told.counters
  return [
    portName(told.port, port.network), port.network, roleOf(told.settings.flags), vlanText(told.settings), told.settings.mac ? macText(told.settings.mac) : '', linkText(told),
    traffic(counters.sentFrames, counters.sentBytes), traffic(counters.deliveredFrames, counters.deliveredBytes), allDrops(told).toString(),
  ]
}
