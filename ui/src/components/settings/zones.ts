import { FORMATS } from '../../i18n/locale.ts'

/** Time zones of the browser as a list to choose from: pure, but for the zones that the browser knows. */

export interface Zone {
  /** IANA name: `Europe/Berlin`. */
  name: string
  offset_minutes: number
  /** "UTC+01:00" */
  offset: string
}

/** Of no area; browsers leave it out of their list. */
const UTC = 'UTC'

/** Former names that some browsers list (V8 keeps those of CLDR), with the present ones. Both are known everywhere. */
const RENAMED: Record<string, string> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Godthab': 'America/Nuuk',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
}

/** Zones by offset, from west to east, then by name. `kept` is in the list also when the browser does not know it. */
export function zonesAt(now_ms: number, kept: string): Zone[] {
  const names = new Set([UTC, kept, ...Intl.supportedValuesOf('timeZone').map(presentName)])
  return [...names]
    .map((name) => zoneAt(name, now_ms))
    .sort((one, other) => one.offset_minutes - other.offset_minutes || (one.name < other.name ? -1 : 1))
}

export function zoneAt(name: string, now_ms: number): Zone {
  const offset_minutes = offsetMinutes(name, now_ms)
  if (offset_minutes === undefined) return { name, offset_minutes: 0, offset: '' }
  return { name, offset_minutes, offset: offsetName(offset_minutes) }
}

/** The time of day in a zone, as the reader writes times. */
export function clockIn(name: string, now_ms: number): string {
  return new Intl.DateTimeFormat(FORMATS, { timeStyle: 'short', timeZone: name }).format(now_ms)
}

/** Zones whose name or offset contains every word, e.g. "new york" or "+5:30". Those whose city begins with it come first. */
export function foundZones(zones: readonly Zone[], typed: string): Zone[] {
  const words = folded(typed).split(' ').filter(Boolean)
  if (words.length === 0) return [...zones]
  const found = zones.filter((zone) => {
    const text = `${folded(zone.name)} ${zone.name.toLowerCase()} ${zone.offset.toLowerCase()} ${short(zone.offset)}`
    return words.every((word) => text.includes(word))
  })
  const begins = ({ name }: Zone) => folded(name.split('/').at(-1) ?? '').startsWith(words.join(' '))
  return [...found.filter(begins), ...found.filter((zone) => !begins(zone))]
}

const presentName = (name: string) => RENAMED[name] ?? name
/** Words of a name: `America/New_York` is "america new york". */
const folded = (text: string) => text.toLowerCase().replace(/[/_]/g, ' ').replace(/\s+/g, ' ').trim()
/** As people write offsets: "utc+5:30", "utc+1". */
const short = (offset: string) =>
  offset
    .toLowerCase()
    .replace(/([+-])0/, '$1')
    .replace(/:00$/, '')

function offsetName(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

function offsetMinutes(name: string, at_ms: number): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      timeZoneName: 'longOffset',
    }).formatToParts(at_ms)
    const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
  } catch {
    // A zone that the server knows and this browser does not: it has a name, and no offset here.
    return undefined
  }
}
