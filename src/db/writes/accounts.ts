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

/** Stores a new account; undefined when a person with this e-mail exists already. */
export async function insertAccount(to: Writer, account: NewAccount): Promise<string | undefined> {
  const [made] = await to.write(to.sql<{ id: string }[]>`
    insert into users (id, type, email, display_name, password_hash, status, created_at, updated_at)
    values (${account.id}, ${account.type}, ${account.email}, ${account.display_name}, ${account.password_hash ?? null},
            ${account.status}, ${to.now}, ${to.now})
    on conflict do nothing returning id`)
  return made?.id
}
