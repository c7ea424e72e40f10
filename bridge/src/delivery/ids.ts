import type { Row } from '../state/port.ts'

/** Who delivers: every id of a delivery derives from these and the row. */
export interface Identity {
  org_slug: string
  /** Name of the agent in the configuration. */
  agent: string
}

/** Prefix of all ids that this agent gives to its turns: a run with it was asked for by the bridge. */
export function runPrefix({ org_slug, agent }: Identity): string {
  return `mc-${org_slug}-${agent}-`
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
