import type { OrgSettings } from '../contracts/settings.ts'

/** Retention: the time before which the org's messages count as gone. */
export function messagesKeptFrom({ retention }: Pick<OrgSettings, 'retention'>, now_ms: number): string {
  const time = new Date(now_ms)
  time.setUTCMonth(time.getUTCMonth() - retention.message_months)
  return time.toISOString()
}
