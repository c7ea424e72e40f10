import { sql } from 'drizzle-orm'
import { index, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { USER_STATUSES, USER_TYPES } from '../../contracts/vocabulary.ts'
import { at, createdAt, id, updatedAt } from './columns.ts'

/**
 * People and agents; their role in an org is in their membership. A row with a password is an account. Several accounts may
 * have one e-mail, each with another password: an invite link proves nothing about an address.
 */
export const users = pgTable(
  'users',
  {
    id: id().primaryKey(),
    type: text('type', { enum: USER_TYPES }).notNull(),
    email: text('email'),
    display_name: text('display_name').notNull(),
    password_hash: text('password_hash'),
    /** A link to set the password that is older than this is used up. */
    password_set_at: at('password_set_at'),
    status: text('status', { enum: USER_STATUSES }).notNull(),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [uniqueIndex('users_account').on(sql`lower(${t.email})`, t.password_hash)],
)

/** Identities at external providers. Issuer and subject are the identity, never the e-mail. */
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

/** Sessions of browsers and apps. A row is the truth about a session; tokens only name it. */
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
