import type { LocationQuery } from 'vue-router'
import { dateName } from '../../composables/times.ts'
import { t } from '../../i18n/index.ts'
import type { LogFilter } from '../../realtime/event-log.ts'
import { EVENT_KINDS } from './event-kinds.ts'

/** The filter of the log as the address of the page has it: days instead of moments. */
export interface LogQuery extends Omit<LogFilter, 'from' | 'to'> {
  /** Local days, `2026-11-26`, both included. */
  from: string
  to: string
}

const IDS = ['user_id', 'project_id', 'task_id', 'channel_id'] as const
const DAYS = ['from', 'to'] as const

export function queryOfRoute(query: LocationQuery): LogQuery {
  const types = [query.type ?? []].flat().flatMap((type) => (type && isWanted(type) ? [type] : []))
  const text = (name: string, fits: RegExp) => {
    const value = query[name]
    return typeof value === 'string' && fits.test(value) ? value : ''
  }
  const [user_id, project_id, task_id, channel_id] = IDS.map((name) => text(name, /^[0-9a-f-]{36}$/i))
  const [from, to] = DAYS.map((name) => text(name, /^\d{4}-\d\d-\d\d$/))
  return {
    types: [...new Set(types)].sort(),
    user_id: user_id ?? '',
    project_id: project_id ?? '',
    task_id: task_id ?? '',
    channel_id: channel_id ?? '',
    from: isDay(from) ? from : '',
    to: isDay(to) ? to : '',
  }
}

/** The part of the address that a filter needs; empty for none. */
export function routeQuery(query: LogQuery): Record<string, string | string[]> {
  const { types, ...rest } = query
  const set = Object.entries(rest).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(set), ...(types.length > 0 ? { type: [...types] } : {}) }
}

/** Days as moments: from the beginning of the first to the end of the last. */
export function filterOfQuery(query: LogQuery): LogFilter {
  const from = query.from === '' ? '' : dayStart(query.from).toISOString()
  const to = query.to === '' ? '' : new Date(dayStart(query.to).setHours(24, 0, 0, 0)).toISOString()
  return { ...query, from, to }
}

/** A moment as a local day. */
export function dayOf(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Ranges of days that a click chooses. */
export function datePresets(now_ms: number): { label: string; from: string; to: string }[] {
  const yesterday = daysBefore(now_ms, 1)
  return [
    { label: t('events.dates.today'), from: dayOf(now_ms), to: '' },
    { label: t('events.dates.yesterday'), from: yesterday, to: yesterday },
    { label: t('events.dates.last_7_days'), from: daysBefore(now_ms, 6), to: '' },
    { label: t('events.dates.last_30_days'), from: daysBefore(now_ms, 29), to: '' },
  ]
}

/** The days of a filter as a label; undefined for all. */
export function datesInWords(days: Pick<LogQuery, 'from' | 'to'>, now_ms: number): string | undefined {
  const { from, to } = days
  if (from === '' && to === '') return undefined
  const preset = datePresets(now_ms).find((one) => one.from === from && one.to === to)
  if (preset) return preset.label
  const words = (day: string) => dateName(dayStart(day))
  if (from === '') return t('events.dates.until', { day: words(to) })
  if (to === '') return t('events.dates.since', { day: words(from) })
  return from === to ? words(from) : t('events.dates.range', { first: words(from), last: words(to) })
}

/** The day this many days before a moment. */
export function daysBefore(ms: number, days: number): string {
  const date = new Date(ms)
  return dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime())
}

function dayStart(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date)
}

function isDay(text: string | undefined): text is string {
  return text !== undefined && text !== '' && dayOf(dayStart(text).getTime()) === text
}

/** A type or a kind of the vocabulary: the server refuses anything else. */
function isWanted(type: string): boolean {
  return EVENT_KINDS.some(({ wanted, types }) => type === wanted || types.some((one) => one === type))
}

/** The chosen types with one added or removed; a kind stands for its types. */
export function toggledType(types: readonly string[], type: string): string[] {
  const kind = EVENT_KINDS.find((one) => one.wanted === type || one.types.some((known) => known === type))
  if (!kind) return [...types]
  const of_kind = (one: string) => one === kind.wanted || kind.types.some((known) => known === one)
  const others = types.filter((one) => !of_kind(one))
  if (type === kind.wanted) return types.includes(type) ? others : [...others, type]
  const chosen = new Set<string>(types.includes(kind.wanted) ? kind.types : types.filter(of_kind))
  if (!chosen.delete(type)) chosen.add(type)
  return [...others, ...(chosen.size === kind.types.length ? [kind.wanted] : chosen)]
}
