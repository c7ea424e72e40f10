import type { Export } from '@contracts/resources.ts'
import { FORMATS, t } from '../../i18n/index.ts'

const UNITS = ['bytes', 'kib', 'mib', 'gib', 'tib'] as const

const withDigits = (digits: number) =>
  new Intl.NumberFormat(FORMATS, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  })
const whole = withDigits(0)
const tenths = withDigits(1)

/** "12 KiB", "3.4 GiB" */
export function sizeInWords(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  const size = (unit === 0 || value >= 10 ? whole : tenths).format(value)
  return t(`settings.export.size.${UNITS[unit] ?? 'bytes'}`, { size })
}

/** What an export is, in a few words. */
export function stateOf({ status, progress }: Pick<Export, 'status' | 'progress'>): string {
  return t(`settings.export.state.${status}`, { progress })
}

/** As the server will say it at its next look: a file is offered until its time is over. */
export function asOf(exported: Export, now_ms: number): Export {
  const { status, expires_at } = exported
  const over = status === 'ready' && expires_at !== null && Date.parse(expires_at) <= now_ms
  return over ? { ...exported, status: 'expired' } : exported
}
