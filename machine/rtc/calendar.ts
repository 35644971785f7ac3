/** The Gregorian calendar, in integers. */

/** A date. */
@unmanaged export class Date {
  year: u32
  month: u32 // 1–12
  day: u32 // 1–31
}

const daysPerEra: u64 = 146_097 // 400 years
const epochDays: u64 = 719_468 // from 0000-03-01 to 1970-01-01

/** Fills `date` from days since 1970-01-01. Years are counted from March, so that the leap day comes last. */
export function dateOf(days: u64, date: Date): void {
  const shifted = days + epochDays
  const era = shifted / daysPerEra
  const dayOfEra = <u32>(shifted % daysPerEra)
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  const march = (5 * dayOfYear + 2) / 153 // months since March
  date.day = dayOfYear - (153 * march + 2) / 5 + 1
  date.month = march < 10 ? march + 3 : march - 9
  date.year = <u32>era * 400 + yearOfEra + (date.month <= 2 ? 1 : 0)
}

/** Days from 1970-01-01 to a date, which is not before; a month that there is not counts as the nearest that there is. */
export function daysOf(year: u32, month: u32, day: u32): u64 {
  month = min(max(month, 1), 12)
  if (month <= 2) year--
  const march = month > 2 ? month - 3 : month + 9
  const era = year / 400
  const yearOfEra = year % 400
  const dayOfYear = (153 * march + 2) / 5 + max(day, 1) - 1
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  const days = <u64>era * daysPerEra + dayOfEra
  return days > epochDays ? days - epochDays : 0
}

/** 1 Sunday to 7 Saturday, as the MC146818 counts. 1970-01-01 was a Thursday. */
export function dayOfWeek(days: u64): u32 { return <u32>((days + 4) % 7) + 1 }
