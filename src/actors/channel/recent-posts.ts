import type { PostReply } from '../../contracts/calls.ts'
import { ApiError } from '../../contracts/errors.ts'

interface Recent {
  content_hash: string
  reply: Promise<PostReply>
}

/** Entries of one generation; there are two. So many recent posts at least are answered without a transaction. */
const GENERATION_MAX = 256

/**
 * Replies of recent posts by sender and `client_id`: a retry that overtakes its original, or follows it closely, gets
 * the same reply without a transaction. A cache in two generations; the older one is dropped as a whole, which costs
 * less than evicting entries one by one.
 */
export class RecentPosts {
  #young = new Map<string, Recent>()
  #old = new Map<string, Recent>()

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** The reply to an idempotent replay; undefined when the post is not known. Other content under the key is 409. */
  replay(key: string, content_hash: string): Promise<PostReply> | undefined {
    const recent = this.#young.get(key) ?? this.#old.get(key)
    return recent && repeatOf(recent, content_hash)
  }

  /** Remembers a post under way. A failed one is forgotten: trying again posts. */
  remember(key: string, content_hash: string, reply: Promise<PostReply>): void {
    if (this.#young.size >= GENERATION_MAX) {
      this.#old = this.#young
      this.#young = new Map()
    }
    const generation = this.#young
    generation.set(key, { content_hash, reply })
    reply.catch(() => generation.delete(key))
  }
}

async function repeatOf(recent: Recent, content_hash: string): Promise<PostReply> {
  if (recent.content_hash !== content_hash)
    throw new ApiError('IDEMPOTENCY_CONFLICT', 'This client_id was used for another message.')
  const reply = await recent.reply
  return { ...reply, result: { ...reply.result, repeated: true } }
}
