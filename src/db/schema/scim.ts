import { sql } from 'drizzle-orm'
import { foreignKey, index, pgTable, primaryKey, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { at, createdAt, id, updatedAt } from './columns.ts'
import { memberships, orgReference } from './orgs.ts'

/** Tokens of identity providers. Each acts with the rights of the administrator who made it, and goes with that member. */
export const scim_tokens = pgTable(
  'scim_tokens',
  {
    org_id: orgReference(),
    id: id(),
    name: text('name').notNull(),
    /** The public first part, enough to recognise it. */
    prefix: text('prefix').notNull(),
    token_hash: text('token_hash').notNull(),
    created_by: uuid('created_by').notNull(),
    created_at: createdAt(),
    last_used_at: at('last_used_at'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    unique('scim_tokens_hash_key').on(t.org_id, t.token_hash),
    foreignKey({
      columns: [t.org_id, t.created_by],
      foreignColumns: [memberships.org_id, memberships.user_id],
      name: 'scim_tokens_member',
    }).onDelete('cascade'),
  ],
)

/** Names that a provider has for a member. */
export const scim_users = pgTable(
  'scim_users',
  {
    org_id: orgReference(),
    user_id: uuid('user_id').notNull(),
    user_name: text('user_name').notNull(),
    /** Row-level security admits an index on the column itself only: lower() is not leakproof. */
    user_name_key: text('user_name_key').notNull().generatedAlwaysAs(sql`lower(user_name)`),
    external_id: text('external_id'),
    formatted: text('formatted'),
    given_name: text('given_name'),
    family_name: text('family_name'),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.user_id] }),
    uniqueIndex('scim_users_name').on(t.org_id, sql`lower(${t.user_name})`),
    index('scim_users_key').on(t.org_id, t.user_name_key),
    index('scim_users_external').on(t.org_id, t.external_id),
    foreignKey({
      columns: [t.org_id, t.user_id],
      foreignColumns: [memberships.org_id, memberships.user_id],
      name: 'scim_users_member',
    }).onDelete('cascade'),
  ],
)
