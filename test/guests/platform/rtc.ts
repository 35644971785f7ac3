/** The MC146818 real-time clock: Motorola MC146818 data sheet. */
import { in8, out8, pause } from './hw'
import { printDecimal, put } from './serial'

export namespace Rtc {
  export const Seconds: u32 = 0
  export const Minutes: u32 = 2
  export const Hours: u32 = 4
  export const Day: u32 = 7
  export const Month: u32 = 8
  export const Year: u32 = 9
  export const StatusA: u32 = 10
  export const StatusB: u32 = 11
  export const StatusC: u32 = 12
  export const StatusD: u32 = 13
}

@inline const UpdateInProgress: u32 = 0x80
@inline const Binary: u32 = 4
@inline const Hours24: u32 = 2

export function readRtc(register: u32): u32 {
  out8(0x70, register)
  return in8(0x71)
}

export function writeRtc(register: u32, value: u32): void {
  out8(0x70, register)
  out8(0x71, value)
}

/** A field in binary, whatever the clock's data mode. */
export function readField(register: u32): u32 {
  const raw = readRtc(register)
  if (register == Rtc.Hours && !(readRtc(Rtc.StatusB) & Hours24)) return (fromMode(raw & 0x7F) % 12) + (raw & 0x80 ? 12 : 0)
  return fromMode(raw)
}

function fromMode(raw: u32): u32 { return readRtc(Rtc.StatusB) & Binary ? raw : (raw >> 4) * 10 + (raw & 15) }

/** Seconds since midnight, read outside an update. */
export function secondsOfDay(): u32 {
  let previous: u32 = 0xFFFFFFFF
  for (;;) {
    for (let tries = 0; tries < 100000 && readRtc(Rtc.StatusA) & UpdateInProgress; tries++) pause()
    const seconds = readField(Rtc.Hours) * 3600 + readField(Rtc.Minutes) * 60 + readField(Rtc.Seconds)
    if (seconds == previous) break
    previous = seconds
  }
  return previous
}

function printTwo(value: u32): void {
  put(0x30 + value / 10 % 10)
  put(0x30 + value % 10)
}

/** Prints the date and time, `2026-01-31 23:59:59`; the century is this one. */
export function printDate(): void {
  const seconds = secondsOfDay()
  printDecimal(2000 + readField(Rtc.Year))
  put(0x2D)
  printTwo(readField(Rtc.Month))
  put(0x2D)
  printTwo(readField(Rtc.Day))
  put(0x20)
  printTwo(seconds / 3600)
  put(0x3A)
  printTwo(seconds / 60 % 60)
  put(0x3A)
  printTwo(seconds % 60)
}
