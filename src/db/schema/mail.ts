import { boolean, foreignKey, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { EMAIL_KINDS, EMAIL_STATUSES } from '../../contracts/vocabulary.ts'
import { at, createdAt, id, updatedAt } from './columns.ts'
import { memberships, orgReference } from './orgs.ts'

/**
 * Mails to send, each with a job of the queue. A row names what its mail is about; the text is made when it is sent, so that
 * what was read or hidden meanwhile is not in it.
 */
export const emails = pgTable(
  'emails',
  {
    org_id: orgReference(),
    id: id(),
    user_id: uuid('user_id').notNull(),
    kind: text('kind', { enum: EMAIL_KINDS }).notNull(),
    notification_ids: uuid('notification_ids').array().notNull().default([]),
    invite_id: uuid('invite_id'),
    /** As it was at the last attempt. */
    address: text('address'),
    status: text('status', { enum: EMAIL_STATUSES }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Attempts whose outcome is unknown: the mail may have been delivered. */
    doubts: integer('doubts').notNull().default(0),
    /** Set while an attempt is under way, and left when its outcome is unknown: the content stays as it is. */
    sealed_at: at('sealed_at'),
    /** Kept back because the member got several mails just before. */
    held: boolean('held').notNull().default(false),
    last_error: text('last_error'),
    created_at: createdAt(),
    updated_at: updatedAt(),
    sent_at: at('sent_at'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('emails_of_member').on(t.org_id, t.user_id, t.status, t.sent_at),
    index('emails_sent').on(t.org_id, t.sent_at),
    index('emails_list').on(t.org_id, t.status, t.created_at, t.id),
    // Asked for over all orgs.
    index('emails_age').on(t.updated_at),
    foreignKey({
      columns: [t.org_id, t.user_id],
      foreignColumns: [memberships.org_id, memberships.user_id],
      name: 'emails_member',
    }).onDelete('cascade'),
  ],
)
