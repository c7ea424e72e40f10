import type { Redis } from 'ioredis'
import { Fenced } from '../domain/ownership.ts'

/** Entries in one script call: each has its time limit. */
const RENEW_MAX = 500
/** Part of the lease after which an entry in use is renewed: two renewals may fail before it is gone. */
const RENEW_PART = 0.3

/**
 * Writes the entries KEYS of a node at their epochs, unless a later owner has written. Answers 1 for each that is
 * this node's now, and what it replaced of another node, or 0.
 */
const ANNOUNCE = `
local answers = {}
for i, key in ipairs(KEYS) do
  local node, epoch = ARGV[1], tonumber(ARGV[i + 2])
  local found = redis.call('GET', key)
  local other, at = string.match(found or '', '^(.*):(%d+)$')
  if other and (tonumber(at) > epoch or (tonumber(at) == epoch and other ~= node)) then
    answers[i] = 0
  else
    redis.call('SET', key, node .. ':' .. ARGV[i + 2], 'PX', ARGV[2])
    answers[i] = other and other ~= node and 2 or 1
  end
end
return answers`

/** Deletes an entry if it is the one that the node wrote. */
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/** What the directory needs of its bus. */
export interface DirectoryBus {
  readonly up: boolean
  command<T>(run: (redis: Redis) => Promise<T>): Promise<T>
  onChange(changed: (up: boolean) => void): () => void
}

export interface RedisDirectoryOptions {
  /** Of this life of the process: a node that starts again has another one. */
  node_id: string
  bus: DirectoryBus
  lease_ms: number
  /** Another node has announced a later epoch of this org: the actors of this node are out of date. */
  lost(org_id: string): void
  /** An entry of another node was replaced. */
  tookOver(): void
}

/** An org of this node. */
interface Own {
  epoch: number
  /** Until then the entry is in Redis for sure; 0 when it may never have been written. In time of `performance.now`. */
  held_until: number
}

/** A node that did not answer for an org. */
interface Distrusted {
  node_id: string
  until: number
}

/**
 * Who owns an org, in Redis: `mc:owner:<org_id>` is `<node>:<epoch>` and expires unless its owner renews it. Entries
 * are written over lower epochs only, deleted only by their writer. While Redis is away every node calls its own actors,
 * and PostgreSQL alone decides who writes.
 */
export class RedisDirectory {
  readonly #options: RedisDirectoryOptions
  readonly #own = new Map<string, Own>()
  readonly #asking = new Map<string, Promise<string | undefined>>()
  readonly #distrusted = new Map<string, Distrusted>()
  readonly #stopListening: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: RedisDirectoryOptions) {
    this.#options = options
    // Nodes that ask before this would take over what is owned.
    this.#stopListening = options.bus.onChange((up) => {
      if (up) void this.#renew()
    })
  }

  /** Orgs that this node owns as far as it knows. */
  get owned(): number {
    return this.#own.size
  }

  /** Whether this node owns the org and its lease has not run out. */
  holds(org_id: string): boolean {
    return (this.#own.get(org_id)?.held_until ?? 0) > performance.now()
  }

  ownerOf(org_id: string): string | undefined | Promise<string | undefined> {
    if (!this.#options.bus.up || this.holds(org_id)) return this.#options.node_id
    let asking = this.#asking.get(org_id)
    if (!asking) {
      asking = this.#ask(org_id).finally(() => this.#asking.delete(org_id))
      this.#asking.set(org_id, asking)
    }
    return asking
  }

  /** Throws `Fenced` when a later owner is known. When Redis does not answer, the entry is written with the next renewal. */
  async announce(org_id: string, epoch: number): Promise<void> {
    const own: Own = { epoch, held_until: 0 }
    this.#own.set(org_id, own)
    this.#distrusted.delete(org_id)
    this.#renewLater()
    if (!this.#options.bus.up) return
    const [held] = await this.#announce([[org_id, own]])
    if (held === false) throw new Fenced('Another node owns the organization')
  }

  /** Never rejects: an entry that cannot be deleted expires. */
  async release(org_id: string, epoch: number): Promise<void> {
    const own = this.#own.get(org_id)
    // Announced anew by a later activation.
    if (!own || own.epoch > epoch) return
    this.#own.delete(org_id)
    if (this.#own.size === 0) this.#stopTimer()
    try {
      const entry = `${this.#options.node_id}:${own.epoch}`
      await this.#options.bus.command((redis) => redis.eval(RELEASE, 1, keyOf(org_id), entry))
    } catch {
      // Redis is away, or it does it later.
    }
  }

  /** The node did not answer: its entry does not count here for the time of a lease, in which it expires or is replaced. */
  distrust(org_id: string, node_id: string): void {
    const now = performance.now()
    // The oldest come first.
    for (const [other, { until }] of this.#distrusted) {
      if (until > now) break
      this.#distrusted.delete(other)
    }
    this.#distrusted.delete(org_id)
    this.#distrusted.set(org_id, { node_id, until: now + this.#options.lease_ms })
  }

  close(): void {
    this.#stopListening()
    this.#stopTimer()
    this.#own.clear()
  }

  async #ask(org_id: string): Promise<string | undefined> {
    const { node_id, bus } = this.#options
    let text: string | null
    try {
      text = await bus.command((redis) => redis.get(keyOf(org_id)))
    } catch {
      return node_id
    }
    const own = this.#own.get(org_id)
    const entry = entryOf(text)
    if (!entry || (own && own.epoch >= entry.epoch)) return own && node_id
    if (own) this.#lose(org_id)
    const distrusted = this.#distrusted.get(org_id)
    if (distrusted?.node_id === entry.node_id && distrusted.until > performance.now()) return undefined
    return entry.node_id
  }

  /** Writes entries; for each, whether it is this node's now, or undefined when that is not known. */
  async #announce(entries: readonly (readonly [string, Own])[]): Promise<(boolean | undefined)[]> {
    const { bus, node_id, lease_ms } = this.#options
    const sent_at = performance.now()
    let answers: unknown
    try {
      answers = await bus.command((redis) =>
        redis.eval(
          ANNOUNCE,
          entries.length,
          ...entries.map(([org_id]) => keyOf(org_id)),
          ...[node_id, lease_ms, ...entries.map(([, { epoch }]) => epoch)],
        ),
      )
    } catch {
      // Unknown, not failed: the write may still happen.
      return entries.map(() => undefined)
    }
    return entries.map(([org_id, own], i) => {
      const answer: unknown = Array.isArray(answers) ? answers[i] : undefined
      if (this.#own.get(org_id) !== own) return undefined
      if (answer === 0) this.#own.delete(org_id)
      else own.held_until = sent_at + lease_ms
      if (answer === 2) this.#options.tookOver()
      return answer !== 0
    })
  }

  async #renew(): Promise<void> {
    const entries = [...this.#own]
    const chunks = Array.from({ length: Math.ceil(entries.length / RENEW_MAX) }, (_, i) =>
      entries.slice(i * RENEW_MAX, (i + 1) * RENEW_MAX),
    )
    // All at once: one round trip.
    await Promise.all(
      chunks.map(async (chunk) => {
        const held = await this.#announce(chunk)
        chunk.forEach(([org_id], i) => {
          if (held[i] === false) this.#options.lost(org_id)
        })
      }),
    )
  }

  #lose(org_id: string): void {
    this.#own.delete(org_id)
    this.#options.lost(org_id)
  }

  /** An org without an actor has no renewal, and a node without one no timer. */
  #renewLater(): void {
    if (this.#timer) return
    const timer = setTimeout(async () => {
      await this.#renew()
      if (this.#timer !== timer) return
      this.#timer = undefined
      if (this.#own.size > 0) this.#renewLater()
    }, this.#options.lease_ms * RENEW_PART)
    this.#timer = timer
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function keyOf(org_id: string): string {
  return `mc:owner:${org_id}`
}

function entryOf(text: string | null): { node_id: string; epoch: number } | undefined {
  const [, node_id, epoch] = /^(.*):(\d+)$/.exec(text ?? '') ?? []
  return node_id === undefined ? undefined : { node_id, epoch: Number(epoch) }
}
