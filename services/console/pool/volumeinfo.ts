/** volume info: one volume, and what was made of it. */
import { quoted, size, wrapped } from '../format'
import { Json } from '../json'
import { nearest } from '../suggestion'
import { Facts } from '../table'
import { print } from '../terminal'
import { Volume, Volumes } from './volumes'
import { reportVolume } from './volumelist'

/** One of them, by its name. */
export class VolumeInformation extends Volumes {
  constructor(readonly name: string, readonly asJson: bool) { super() }

  show(): bool {
    if (!this.isPoolThere) return false
    for (let i = 0; i < this.volumes.length; i++) {
      if (this.volumes[i].name != this.name) continue
      this.describe(this.volumes[i])
      return false
    }
    const names: string[] = []
    for (let i = 0; i < this.volumes.length; i++) names.push(this.volumes[i].name)
    const meant = nearest(this.name, names)
    print(`There is no volume ${quoted(this.name)}. ${meant.length ? `Did you mean: ${meant}?` : 'volume list shows all.'}\n`)
    return false
  }

  private describe(volume: Volume): void {
    const snapshots = this.copiesOf(volume, true)
    const clones = this.copiesOf(volume, false)
    if (this.asJson) {
      const json = new Json().object()
      reportVolume(json, volume, this.originOf(volume))
      return json.name('snapshots').words(snapshots).name('clones').words(clones).endObject().show()
    }
    new Facts()
      .add('name', volume.name)
      .add('kind', this.kindOf(volume))
      .add('number', volume.number.toString())
      .add('size', `${size(volume.bytes)} (${volume.bytes} bytes)`)
      .add('made', `in commit ${volume.commit}`)
      .add('snapshots', wrapped(snapshots))
      .add('clones', wrapped(clones))
      .show()
  }

  /** The names of what was made of it, parted by blanks, which no name has. */
  private copiesOf(volume: Volume, snapshots: bool): string {
    const names: string[] = []
    for (let i = 0; i < this.volumes.length; i++) {
      const other = this.volumes[i]
      if (other.isSnapshot == snapshots && other.isOf(volume)) names.push(other.name)
    }
    return names.join(' ')
  }
}
