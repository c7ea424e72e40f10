import { users } from '../schema/global.ts'
import { build, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

interface NewAccount {
  id: string
  type: 'human' | 'agent'
  /** Null for an agent. */
  email: string | null
  display_name: string
  password_hash?: string
  status: 'active' | 'invited'
}

const insert = statement(
  (p: Params<Required<Omit<NewAccount, 'password_hash'>> & { password_hash: string | null; now: string }>) =>
    build.insert(users).values({
      id: p.id,
      type: p.type,
      email: p.email,
      display_name: p.display_name,
      password_hash: p.password_hash,
      status: p.status,
      created_at: p.now,
      updated_at: p.now,
    }),
)

/** Stores a new user: an account when it has a password. */
export async function insertAccount(to: Writer, account: NewAccount): Promise<void> {
  const { password_hash = null } = account
  await to.write(insert(to.sql, { ...account, password_hash, now: to.now }))
}
