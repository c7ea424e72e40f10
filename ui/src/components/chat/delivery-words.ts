import type { Delivery } from '@contracts/resources.ts'
import { clock, duration, when } from '../../composables/times.ts'
import { t } from '../../i18n/index.ts'

/** How far a message came with an agent, in words; pure. */
export interface DeliveryWords {
  text: string
  /** Class of the text. */
  look: '' | 'is-work num' | 'is-ok' | 'is-fail' | 'is-wait'
}

/** The server's words for an agent that is not connected, with the time in UTC. */
const AWAY_SINCE = /^not connected since (\S+)$/
const NEVER_HERE = 'never connected'
/** An agent's client says so while it tries again. */
const WAITS = /^Waits: +(?=\S)/

export function deliveryWords({ state, detail, updated_at }: Delivery, now_ms: number): DeliveryWords {
  if (state === 'answered')
    return { text: t('chat.delivery.answered', { time: clock(updated_at) }), look: 'is-ok' }
  if (state === 'failed') return { text: detail ?? t('chat.delivery.not_delivered'), look: 'is-fail' }
  const working = state === 'working'
  const begin = working
    ? t('chat.delivery.working', { time: duration(now_ms - Date.parse(updated_at)) })
    : t(`chat.delivery.${state}`)
  if (detail !== null && WAITS.test(detail))
    return {
      text: t('chat.delivery.waits', { state: begin, reason: detail.replace(WAITS, '') }),
      look: 'is-wait',
    }
  if (working) return { text: begin, look: 'is-work num' }
  if (state !== 'queued' || detail === null) return { text: begin, look: '' }
  const since = AWAY_SINCE.exec(detail)?.[1]
  if (since !== undefined)
    return { text: t('chat.delivery.queued_since', { time: when(since, now_ms) }), look: '' }
  const never = detail === NEVER_HERE
  const text = never ? t('chat.delivery.queued_never') : t('chat.delivery.queued_because', { reason: detail })
  return { text, look: '' }
}
