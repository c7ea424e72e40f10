import { generateApiKey, hashKey } from '../auth/api-keys.ts'
import type { NewKey } from '../contracts/commands.ts'
import { newId } from '../contracts/ids.ts'
import type { Deps } from './deps.ts'

/** A new API key: the text that is answered once, and what is stored of it. Hashing takes a quarter of a second. */
export async function newKey(
  { key_pepper }: Pick<Deps, 'key_pepper'>,
  kind: 'live' | 'tmp',
): Promise<{ key: string; stored: NewKey }> {
  const { key, key_id, prefix } = generateApiKey(kind)
  const { bcrypt_hash, hmac } = await hashKey(key, key_pepper)
  return { key, stored: { id: newId(), key_id, prefix, bcrypt_hash, hmac } }
}
