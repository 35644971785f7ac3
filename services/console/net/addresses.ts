/** net addresses: what the switches have learned. */
import { Json } from '../json'
import { Table } from '../table'
import { print } from '../terminal'
import { macText } from './address'
import { portName } from './place'
import { LearnedAddress, Survey, Wanted } from './survey'

/** Addresses of all networks or of one, shown as the terminal takes them. */
export class AddressList extends Survey {
  private table: Table = new Table(['ADDRESS', 'NETWORK', '>VLAN', 'PORT'])
  private shown: i32 = -1 // how many are; -1: not even the heading

  constructor(only: string, readonly asJson: bool) { super(only, Wanted.Addresses) }

  protected present(): bool {
    if (this.asJson) return this.report()
    if (this.shown < 0) {
      for (let i = 0; i < this.addresses.length; i++) this.table.widen(cellsOf(this.addresses[i]))
      if (this.addresses.length) this.table.show()
      else print('No address is known: nothing was sent in the last five minutes.\n')
    } else if (this.shown < this.addresses.length) print(this.table.line(cellsOf(this.addresses[this.shown])) + '\n')
    return ++this.shown < this.addresses.length
  }

  private report(): bool {
    if (this.shown < 0) print('[')
    else if (this.shown < this.addresses.length) {
      const it = this.addresses[this.shown]
      const json = new Json().object().name('address').text(macText(it.mac)).name('network').text(it.network).name('vlan').number(it.vlan).name('port').text(portName(it.port, it.network)).endObject()
      print((this.shown ? ',' : '') + json.written())
    }
    if (++this.shown < this.addresses.length) return true
    print(']\n')
    return false
  }
}

function cellsOf(it: LearnedAddress): string[] { return [macText(it.mac), it.network, it.vlan.toString(), portName(it.port, it.network)] }
