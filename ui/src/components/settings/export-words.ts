import type { Export } from '@contracts/resources.ts'

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

/** "12 KiB", "3.4 GiB" */
export function sizeInWords(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  const digits = unit === 0 || value >= 10 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** What an export is, in a few words. */
export function stateOf({ status, progress }: Pick<Export, 'status' | 'progress'>): string {
  switch (status) {
    case 'pending':
      return 'Waiting for its turn'
    case 'processing':
      return `Being made, ${progress} %`
    case 'ready':
      return 'Ready'
    case 'failed':
      return 'Failed'
    case 'expired':
      return 'Expired'
  }
}

/** As the server will say it at its next look: a file is offered until its time is over. */
export function asOf(exported: Export, now_ms: number): Export {
  const { status, expires_at } = exported
  const over = status === 'ready' && expires_at !== null && Date.parse(expires_at) <= now_ms
  return over ? { ...exported, status: 'expired' } : exported
}
