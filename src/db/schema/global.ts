import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import {
  ACCOUNT_EMAIL_KINDS,
  EMAIL_STATUSES,
  LANGUAGES,
  PROVIDERS,
  SIGN_IN_METHODS,
  USER_STATUSES,
  USER_TYPES,
} from '../../contracts/vocabulary.ts'
import { at, bytes, createdAt, id, updatedAt } from './columns.ts'

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
    /** A link that confirms an address and is older than this is used up. */
    email_set_at: at('email_set_at'),
    /** Since when the address is known to be the person's: by a provider, by mail, or by whoever set the server up. */
    email_proved_at: at('email_proved_at'),
    /** In which the person uses the app, and gets mails; null until the app has told it. */
    language: text('language', { enum: LANGUAGES }),
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
    id: id().unique(),
    provider: text('provider', { enum: PROVIDERS }).notNull(),
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
    method: text('method', { enum: SIGN_IN_METHODS }).notNull().default('password'),
    /** Google Workspace of the account at the provider. */
    hosted_domain: text('hosted_domain'),
  },
  (t) => [index('sessions_user').on(t.user_id, t.created_at)],
)

/** Mails to accounts, which belong to no org, each with a job of the queue. Text and link are made when it is sent. */
export const account_emails = pgTable(
  'account_emails',
  {
    id: id().primaryKey(),
    kind: text('kind', { enum: ACCOUNT_EMAIL_KINDS }).notNull(),
    address: text('address').notNull(),
    /** Null for a forgotten password: whether the address has an account is looked up when the mail is sent. */
    account_id: uuid('account_id').references(() => users.id, { onDelete: 'cascade' }),
    status: text('status', { enum: EMAIL_STATUSES }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Attempts whose outcome is unknown: the mail may have been delivered. */
    doubts: integer('doubts').notNull().default(0),
    /** Set while an attempt is under way, and left when its outcome is unknown. */
    sealed_at: at('sealed_at'),
    last_error: text('last_error'),
    created_at: createdAt(),
    updated_at: updatedAt(),
    sent_at: at('sent_at'),
  },
  (t) => [
    index('account_emails_address').on(sql`lower(${t.address})`, t.sent_at),
    index('account_emails_age').on(t.updated_at),
    index('account_emails_account').on(t.account_id),
    index('account_emails_open').on(t.status).where(sql`status <> 'sent'`),
  ],
)

/** Second factors of accounts; a code works once, for which the step of the last one is kept. */
export const second_factors = pgTable('second_factors', {
  account_id: uuid('account_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** Encrypted by the server. */
  secret: text('secret').notNull(),
  /** Null until a first code has confirmed the secret. */
  confirmed_at: at('confirmed_at'),
  last_step: bigint('last_step', { mode: 'number' }).notNull().default(0),
  created_at: createdAt(),
})

/** Codes for whoever lost the second factor; each works once. */
export const recovery_codes = pgTable(
  'recovery_codes',
  {
    account_id: uuid('account_id')
      .notNull()
      .references(() => second_factors.account_id, { onDelete: 'cascade' }),
    code_hash: text('code_hash').notNull(),
    used_at: at('used_at'),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.code_hash] })],
)

/** Signed tokens that were used, by their hash, until they would end anyway. */
export const spent_tokens = pgTable(
  'spent_tokens',
  { name: text('name').primaryKey(), expires_at: at('expires_at').notNull() },
  (t) => [index('spent_tokens_expired').on(t.expires_at)],
)

/** Passkeys of accounts (WebAuthn): public keys, so nothing here signs anybody in. */
export const passkeys = pgTable(
  'passkeys',
  {
    id: id().primaryKey(),
    account_id: uuid('account_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    credential_id: text('credential_id').notNull().unique('passkeys_credential_id_key'),
    /** COSE, in base64url. */
    public_key: text('public_key').notNull(),
    /** Signatures that the authenticator has counted; those of synchronized passkeys stay at 0. */
    counter: bigint('counter', { mode: 'number' }).notNull(),
    transports: text('transports').array().notNull().default([]),
    name: text('name').notNull(),
    /** Kept by the provider of the device and present on others, e.g. on the phone. */
    synced: boolean('synced').notNull(),
    created_at: createdAt(),
    last_used_at: at('last_used_at'),
  },
  (t) => [index('passkeys_account').on(t.account_id, t.created_at)],
)

/** Pictures of people, as members see them: of a provider, or their own. A row without one says that none is wanted. */
export const account_pictures = pgTable('account_pictures', {
  account_id: uuid('account_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  bytes: bytes('bytes'),
  /** SHA-256. */
  digest: text('digest').generatedAlwaysAs(sql`encode(sha256(bytes), 'hex')`),
  updated_at: updatedAt(),
})
