import { type Static, Type } from '@sinclair/typebox'

import { Closed, Uuid } from './schema.ts'

const NOTHING = Type.Object({}, { additionalProperties: false })

const OF_EXPORT = Type.Object({ org_id: Uuid(), export_id: Uuid() }, { additionalProperties: false })

/**
 * Kinds of background jobs with their payloads. A payload names rows and carries nothing of them: the job reads what it
 * needs, as it is then. A job of an org has `org_id`; jobs of the whole server come from the clock and have none.
 */
export const JOB_PAYLOADS = {
  archive_rows: NOTHING,
  archive_tasks: NOTHING,
  back_up: NOTHING,
  begin_backups: NOTHING,
  care_for_partitions: NOTHING,
  delete_orgs: NOTHING,
  send_email: Closed({ org_id: Uuid(), email_id: Uuid() }),
  send_account_email: Closed({ account_email_id: Uuid() }),
  sweep_emails: NOTHING,
  make_export: OF_EXPORT,
  remind_of_keys: NOTHING,
  remove_exports: NOTHING,
  sweep_expired: NOTHING,
  sweep_notifications: NOTHING,
  sweep_sub_agents: NOTHING,
}

export type JobKind = keyof typeof JOB_PAYLOADS
export type JobPayload<K extends JobKind> = Static<(typeof JOB_PAYLOADS)[K]>

export function isJobKind(text: string): text is JobKind {
  return Object.hasOwn(JOB_PAYLOADS, text)
}
