import { createHash } from 'node:crypto'
import type { Row } from '../state/port.ts'

/** Longer names are hashed: with row, attempt and part an id stays below the 128 characters of a `client_id`. */
const PREFIX_CHARACTERS_MAX = 72

/** Who delivers: every id of a delivery derives from these and the row. */
export interface Identity {
  org_slug: string
  /** Name of the agent in the configuration. */
  agent: string
}

/**
 * Id of the row of a message. It does not depend on the way by which the message came to the bridge: an event, the list of open
 * deliveries after the state was lost, or another bridge all lead to the same keys.
 */
export function messageRowId(channel_id: string, seq: number): string {
  return `m${channel_id.replaceAll('-', '')}.${seq}`
}

/** Id of the row of an event that is no message; with the channel, since the events of two orgs have the same numbers. */
export function noticeRowId(channel_id: string, sequence: number): string {
  return `n${channel_id.replaceAll('-', '')}.${sequence}`
}

/** Id of the row of a sub-agent: one row, and so one turn, for each. */
export function subAgentRowId(sub_agent_id: string): string {
  return `a${sub_agent_id.replaceAll('-', '')}`
}

/** Prefix of all ids that this agent gives to its turns: a run with it was asked for by the bridge. */
export function runPrefix({ org_slug, agent }: Identity): string {
  const prefix = `mc-${org_slug}-${agent}-`
  if (prefix.length <= PREFIX_CHARACTERS_MAX) return prefix
  return `mc-${createHash('sha256').update(prefix).digest('hex').slice(0, 32)}-`
}

/** Stable id of a row's turn and answer: `mc-<org>-<agent>-<row id>`. */
export function rowKey(of: Identity, row: Pick<Row, 'id'>): string {
  return `${runPrefix(of)}${row.id}`
}

/** Idempotency key of an attempt at the gateway; attempts after the first one have their number in it. */
export function runId(of: Identity, { id, attempt }: Pick<Row, 'id' | 'attempt'>): string {
  return attempt > 1 ? `${rowKey(of, { id })}.${attempt}` : rowKey(of, { id })
}

/** Idempotency key of a posted part, from 1. */
export function clientId(of: Identity, row: Pick<Row, 'id'>, part: number): string {
  return part > 1 ? `${rowKey(of, row)}.p${part}` : rowKey(of, row)
}
