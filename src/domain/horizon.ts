import type { OrgSettings } from '../contracts/settings.ts'

/** Retention: the start of a month in UTC; before it the org's messages count as gone. As `retention_horizon` of the database. */
export function messagesKeptFrom({ retention }: Pick<OrgSettings, 'retention'>, now_ms: number): string {
  const now = new Date(now_ms)
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - retention.message_months)).toISOString()
}
