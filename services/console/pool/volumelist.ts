/** volume list: as the terminal takes it, since thousands of rows are more than can wait for it. */
import { size } from '../format'
import { Json } from '../json'
import { Table } from '../table'
import { print } from '../terminal'
import { Volume, Volumes } from './volumes'

/** All volumes. */
export class VolumeList extends Volumes {
  private table: Table = new Table(['NAME', '>SIZE', '>COMMIT', 'KIND'])
  private shown: i32 = -1 // how many rows are; -1: not even the heading

  constructor(readonly asJson: bool) { super() }

  protected found(volume: Volume): void { this.table.widen(cellsOf(volume, '')) }

  protected failed(why: string): void { if (!this.asJson) super.failed(why) }

  show(): bool {
    if (this.asJson) return this.report()
    if (!this.isPoolThere) return false
    if (this.shown < 0) {
      if (this.volumes.length) this.table.show()
      else print('The pool has no volumes. volume create makes one.\n')
    } else if (this.shown < this.volumes.length) {
      const volume = this.volumes[this.shown]
      print(this.table.line(cellsOf(volume, this.kindOf(volume))) + '\n')
    }
    return ++this.shown < this.volumes.length
  }

  private report(): bool {
    if (this.shown < 0) print('[')
    else if (this.shown < this.volumes.length) {
      const json = new Json().object()
      const volume = this.volumes[this.shown]
      reportVolume(json, volume, this.originOf(volume))
      print((this.shown ? ',' : '') + json.endObject().written())
    }
    if (++this.shown < this.volumes.length) return true
    print(']\n')
    return false
  }
}

function cellsOf(volume: Volume, kind: string): string[] {
  return [volume.name, size(volume.bytes), volume.commit.toString(), kind]
}

/** Adds what is known of a volume to an object. */
export function reportVolume(json: Json, volume: Volume, origin: string): void {
  json.name('name').text(volume.name).name('number').number(volume.number).name('bytes').number(volume.bytes)
    .name('kind').text(!volume.isCopy ? 'volume' : volume.isSnapshot ? 'snapshot' : 'clone').name('origin').text(origin).name('commit').number(volume.commit)
}
