import type { Evidence } from '@contracts/resources.ts'
import { t } from '../../i18n/index.ts'
import { EVIDENCE_WORDS } from './task-words.ts'

/** Addresses of pull requests and their like, e.g. `/pull/318`, `/-/merge_requests/12`. */
const NUMBERED = /\/(?:pull|pulls|pull-requests|merge_requests)\/(\d+)(?:\/|$)/

/** Evidence in short: its type, and the number or the host that its address names. */
export function evidenceName({ type, url }: Pick<Evidence, 'type' | 'url'>): string {
  if (!URL.canParse(url)) return EVIDENCE_WORDS[type]
  const { host, pathname } = new URL(url)
  const number = NUMBERED.exec(pathname)?.[1]
  return number === undefined
    ? t('tasks.conditions.hosted', { evidence: EVIDENCE_WORDS[type], host })
    : t('tasks.conditions.numbered', { evidence: EVIDENCE_WORDS[type], number })
}
