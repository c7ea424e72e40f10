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
  /** Somebody vouches that the address is the person's. */
  email_proved?: boolean
  status: 'active' | 'invited'
}

const insert = statement(
  (
    p: Params<
      Required<Omit<NewAccount, 'password_hash' | 'email_proved'>> & {
        password_hash: string | null
        email_proved_at: string | null
        now: string
      }
    >,
  ) =>
    build.insert(users).values({
      id: p.id,
      type: p.type,
      email: p.email,
      display_name: p.display_name,
      password_hash: p.password_hash,
      status: p.status,
      email_proved_at: p.email_proved_at,
      created_at: p.now,
      updated_at: p.now,
    }),
)

/** Stores a new user: an account when it has a password. */
export async function insertAccount(to: Writer, account: NewAccount): Promise<void> {
  const { password_hash = null, email_proved = false } = account
  const email_proved_at = email_proved ? to.now : null
  await to.write(insert(to.sql, { ...account, password_hash, email_proved_at, now: to.now }))
}
