/** When the MC146818's alarm bytes next match the time of day. Data sheet, "Time, calendar and alarm locations". */
import { Never } from '../deadlines'

/** An alarm field that matches every value. */
export const Any: u32 = u32.MAX_VALUE

/**
 * The first second after `after` whose time of day has this hour, minute and second; each may be Any. A field that no time has
 * (minute 75) never matches. Seconds are counted from a midnight.
 */
export function nextMatch(after: u64, hour: u32, minute: u32, second: u32): u64 {
  if ((minute != Any && minute > 59) || (second != Any && second > 59)) return Never
  let time = after + 1
  // The rest of this hour, then at most each of the next 24 once.
  for (let tries: u32 = 0; tries < 26; tries++) {
    const nextHour = (time / 3600 + 1) * 3600
    if (hour == Any || hour == (time / 3600) % 24) {
      const match = inHour(time, minute, second)
      if (match < nextHour) return match
    }
    time = nextHour
  }
  return Never
}

/** The first match from `time` on, as if every hour matched; past the end of the hour when there is none in it. */
function inHour(time: u64, minute: u32, second: u32): u64 {
  const hour = time - time % 3600
  if (minute != Any) {
    const begin = hour + minute * 60
    if (time < begin) time = begin
    else if (time >= begin + 60) return Never
    if (second == Any) return time
    return begin + second >= time ? begin + second : Never
  }
  if (second == Any) return time
  const match = time - time % 60 + second
  return match >= time ? match : match + 60
}
