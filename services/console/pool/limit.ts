/** volume set: one limit of a volume becomes another, the other stays. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { parseNumber, parseSize, size } from '../format'
import { answer, order, PoolConversation, prepare, putName } from './record'
import { refusal } from './refusal'

export const enum VolumeSetting { ByteLimit, RequestLimit }
/** What a volume's limits are called, as in the configuration. */
export const volumeSettingNames: string[] = ['byteLimit', 'requestLimit']
/** What each can be. */
export const volumeSettingRules: string[] = ['none, or a rate such as 100 MiB/s, from 1 KiB/s to 64 GiB/s', 'none, or requests a second: 1 to 10000000']
const mostBytes: u64 = 64 << 30
const mostRequests: u64 = 10000000

/** The value that a text means, 0 for none; u64.MAX_VALUE for what cannot be. */
export function parseLimit(setting: u32, text: string): u64 {
  if (text == 'none') return 0
  const isRate = setting == VolumeSetting.ByteLimit
  if (isRate && !text.endsWith('/s')) return u64.MAX_VALUE
  const most = isRate ? mostBytes : mostRequests
  const value = isRate ? parseSize(text.substring(0, text.length - 2), most) : parseNumber(text, most)
  return value && value <= most ? value : u64.MAX_VALUE
}

/** A limit in words. */
export function limitText(setting: u32, value: u64): string {
  if (!value) return 'none'
  return setting == VolumeSetting.ByteLimit ? `${size(value)}/s` : `${value} a second`
}

const enum Step { See, Set, Over }

/** Looks at it, and gives it both limits again with one changed. */
export class SetLimit extends PoolConversation {
  private now: Step = Step.See
  private before: u64 = 0
  private bytes: u64 = 0
  private requests: u32 = 0
  private said: string = ''

  constructor(readonly name: string, readonly setting: u32, readonly value: u64) { super() }

  ask(): bool {
    if (this.now == Step.Over) return false
    prepare(this.now == Step.See ? StorageOperation.VolumeInfo : StorageOperation.VolumeLimit)
    putName(order.name, this.name)
    order.value = this.bytes
    order.limit = this.requests
    return true
  }

  answered(): void {
    if (answer.status != OrderStatus.Ok) {
      this.said = refusal(answer.status, order.operation, this.name, '')
      this.now = Step.Over
    } else if (this.now == Step.See) this.see()
    else {
      this.said = `${volumeSettingNames[this.setting]} of ${this.name}: ${limitText(this.setting, this.before)} -> ${limitText(this.setting, this.value)}`
      this.now = Step.Over
    }
  }

  private see(): void {
    const isRate = this.setting == VolumeSetting.ByteLimit
    this.before = isRate ? answer.free : answer.what
    this.bytes = isRate ? this.value : answer.free
    this.requests = isRate ? answer.what : <u32>this.value
    this.now = Step.Set
  }

  isChange(): bool { return true }
  outcome(): string { return this.said }
}
