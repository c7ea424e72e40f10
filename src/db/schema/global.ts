import { sql } from 'drizzle-orm'
import { index, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { at, createdAt, id, updatedAt } from './columns.ts'

/** People and agents; what they are in an org is in their membership. */
export const users = pgTable(
  'users',
  {
    id: id().primaryKey(),
    type: text('type', { enum: ['human', 'agent'] }).notNull(),
    email: text('email'),
    display_name: text('display_name').notNull(),
    password_hash: text('password_hash'),
    status: text('status', { enum: ['active', 'invited', 'deactivated'] }).notNull(),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [uniqueIndex('users_email_key').on(sql`lower(${t.email})`)],
)

/** How a person signs in elsewhere. The subject is the identity, never the e-mail. */
export const identities = pgTable(
  'identities',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    user_id: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    email: text('email'),
    created_at: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] }), index('identities_user').on(t.user_id)],
)

/** Signed-in browsers and apps: the truth about who is signed in. */
export const sessions = pgTable(
  'sessions',
  {
    id: id().primaryKey(),
    user_id: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    jti: text('jti').notNull(),
    previous_jti: text('previous_jti'),
    previous_valid_until: at('previous_valid_until'),
    created_at: createdAt(),
    expires_at: at('expires_at').notNull(),
    last_seen_at: at('last_seen_at').notNull(),
    revoked_at: at('revoked_at'),
    ip: text('ip'),
    user_agent: text('user_agent'),
  },
  (t) => [index('sessions_user').on(t.user_id, t.created_at)],
)
