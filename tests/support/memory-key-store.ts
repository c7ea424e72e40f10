import type { KeyStore } from '../../src/auth/api-keys.ts'
import type { StoredKey } from '../../src/domain/credentials.ts'

/** API keys in memory; key-store-contract.ts says what holds for both stores. */
export class MemoryKeyStore implements KeyStore {
  /** By public id. A test may change rows behind the store's back, as a command would. */
  readonly rows = new Map<string, StoredKey>()
  finds = 0
  readonly rewritten: string[] = []

  async find(key_id: string): Promise<StoredKey | undefined> {
    this.finds++
    return structuredClone(this.rows.get(key_id))
  }

  async rewriteHmac({ org_id, id, key_id }: StoredKey, hmac: string): Promise<void> {
    this.rewritten.push(hmac)
    const row = this.rows.get(key_id)
    if (row?.org_id === org_id && row.id === id) row.hmac = hmac
  }
}

/** A live key of an active agent. */
export function storedKey(key: Pick<StoredKey, 'key_id' | 'bcrypt_hash' | 'hmac'>): StoredKey {
  return {
    org_id: 'org',
    slug: 'fieldnote',
    org_status: 'active',
    id: `row of ${key.key_id}`,
    kind: 'live',
    user_id: 'agent',
    sub_agent_id: null,
    expires_at: null,
    revoked_at: null,
    member_role: 'contributor',
    member_status: 'active',
    member_type: 'agent',
    display_name: 'forge',
    username: 'forge',
    task_id: null,
    sub_agent_status: null,
    sub_agent_expires_at: null,
    ...key,
  }
}
