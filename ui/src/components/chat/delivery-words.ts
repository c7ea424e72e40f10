import type { Delivery } from '@contracts/resources.ts'
import { clock, duration, when } from '../../composables/times.ts'

/** How far a message came with an agent, in words; pure. */
export interface DeliveryWords {
  text: string
  /** Class of the text. */
  look: '' | 'is-work num' | 'is-ok' | 'is-fail' | 'is-wait'
}

/** The server's words for an agent that is not connected, with the time in UTC. */
const AWAY_SINCE = /^not connected since (\S+)$/
/** An agent's client says so while it tries again. */
const WAITS = /^Waits: +(?=\S)/

export function deliveryWords({ state, detail, updated_at }: Delivery, now_ms: number): DeliveryWords {
  if (state === 'answered') return { text: `answered ${clock(updated_at)}`, look: 'is-ok' }
  if (state === 'failed') return { text: detail ?? 'not delivered', look: 'is-fail' }
  const working = state === 'working'
  const begin = working ? `working ${duration(now_ms - Date.parse(updated_at))}` : state
  if (detail !== null && WAITS.test(detail))
    return { text: `${begin}, waits: ${detail.replace(WAITS, '')}`, look: 'is-wait' }
  if (working) return { text: begin, look: 'is-work num' }
  if (state !== 'queued' || detail === null) return { text: state, look: '' }
  const since = AWAY_SINCE.exec(detail)?.[1]
  return {
    text: `queued, ${since === undefined ? detail : `not connected since ${when(since, now_ms)}`}`,
    look: '',
  }
}
