/** Writes JSON, RFC 8259, in one line of printable characters. */
import { print } from './terminal'
import { isBidirectional, isControl, isSurrogate } from './utf8'

/** The writer: one call per value, `name` before each value of an object. */
export class Json {
  private parts: string[] = []
  private first: bool = true // nothing stands before the next value in its object or array

  /** Begins an object. */
  object(): this {
    this.separate()
    this.parts.push('{')
    this.first = true
    return this
  }

  /** Begins an array. */
  array(): this {
    this.separate()
    this.parts.push('[')
    this.first = true
    return this
  }

  /** Ends the object. */
  endObject(): this {
    this.parts.push('}')
    this.first = false
    return this
  }

  /** Ends the array. */
  endArray(): this {
    this.parts.push(']')
    this.first = false
    return this
  }

  /** The name of the next value. */
  name(key: string): this {
    this.separate()
    this.parts.push(escaped(key) + ':')
    this.first = true
    return this
  }

  /** A string. */
  text(value: string): this {
    this.separate()
    this.parts.push(escaped(value))
    return this
  }

  /** An array of the words of a text that blanks separate. */
  words(text: string): this {
    this.array()
    if (text.length) {
      const words = text.split(' ')
      for (let i = 0; i < words.length; i++) this.text(words[i])
    }
    return this.endArray()
  }

  /** A number; all of ours are whole and not negative. */
  number(value: u64): this {
    this.separate()
    this.parts.push(value.toString())
    return this
  }

  /** An array of the numbers of the bits that are set. */
  numbers(set: u64): this {
    this.array()
    for (let number: u64 = 0; number < 64; number++) if (set >> number & 1) this.number(number)
    return this.endArray()
  }

  /** true or false. */
  boolean(value: bool): this {
    this.separate()
    this.parts.push(value ? 'true' : 'false')
    return this
  }

  /** What was written. */
  written(): string {
    return this.parts.join('')
  }

  /** Shows what was written, as one line. */
  show(): void {
    print(this.written() + '\n')
  }

  private separate(): void {
    if (!this.first) this.parts.push(',')
    this.first = false
  }
}

/** What a terminal could obey, and a lone surrogate, is escaped too: RFC 8259, section 7, allows it for every character. */
function escaped(text: string): string {
  let out = '"'
  let plain = 0 // where the characters begin that are taken as they are
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)
    const escape = code == 0x22 || code == 0x5c || isControl(code) || isBidirectional(code) || isSurrogate(code)
    if (escape) {
      out += text.substring(plain, i) + (code == 0x22 || code == 0x5c ? '\\' + text.charAt(i) : '\\u' + code.toString(16).padStart(4, '0'))
      plain = i + 1
    }
    if (code > 0xffff) i++
  }
  return out + text.substring(plain) + '"'
}
