/** volume info: one volume, and what was made of it. */
import { quoted, size, wrapped } from '../format'
import { Json } from '../json'
import { nearest } from '../suggestion'
import { Facts } from '../table'
import { print } from '../terminal'
import { answer } from './record'
import { limitText, VolumeSetting } from './limit'
import { Volume, Volumes } from './volumes'
import { reportVolume } from './volumelist'

/** One of them, by its name. */
export class VolumeInformation extends Volumes {
  private byteLimit: u64 = 0
  private requestLimit: u32 = 0

  constructor(readonly name: string, readonly asJson: bool) { super() }

  // The limits of the others, of which there can be thousands, are not kept.
  protected found(volume: Volume): void {
    if (volume.name != this.name) return
    this.byteLimit = answer.free
    this.requestLimit = answer.what
  }

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
      json.name('byteLimit').number(this.byteLimit).name('requestLimit').number(this.requestLimit)
      return json.name('snapshots').words(snapshots).name('clones').words(clones).endObject().show()
    }
    new Facts()
      .add('name', volume.name)
      .add('kind', this.kindOf(volume))
      .add('number', volume.number.toString())
      .add('size', `${size(volume.bytes)} (${volume.bytes} bytes)`)
      .add('made', `in commit ${volume.commit}`)
      .add('byteLimit', this.byteLimit ? limitText(VolumeSetting.ByteLimit, this.byteLimit) : '')
      .add('requestLimit', this.requestLimit ? limitText(VolumeSetting.RequestLimit, this.requestLimit) : '')
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
