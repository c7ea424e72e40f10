import type { Redis, RedisOptions } from 'ioredis'
import type { Bus } from './bus.ts'
import { createRedis } from './redis-client.ts'

/** A half-open connection shows by a missing answer: both are asked this often. */
const PING_MS = 1_000
/** A node starts without Redis after this time. */
const OPEN_MS = 1_500
/** Topics in one SUBSCRIBE when subscriptions are renewed: each command has its time limit. */
const RENEW_TOPICS_MAX = 500

/** ioredis' message for its `commandTimeout` without an answer. */
const TIMED_OUT = 'Command timed out'

interface Topic {
  takes: Set<{ take(text: string): void }>
  /** Resolves when the first SUBSCRIBE was answered, or cannot be. Never rejects. */
  held: Promise<void>
}

export interface RedisBusOptions {
  redis: RedisOptions
  /** Shown by CLIENT LIST. */
  name: string
  /** Told once per outage. */
  failed(stage: string, error: unknown): void
}

/**
 * The bus over Redis: PUBLISH on one connection, SUBSCRIBE on another. It is up while both answer and every
 * subscription holds. A connection that misses a ping is cut, since its socket may be half open.
 */
export class RedisBus implements Bus {
  readonly #options: RedisBusOptions
  readonly #commands: Redis
  readonly #subscriber: Redis
  /** Redis does not part channels by database; two clusters on one Redis have a database each. */
  readonly #prefix: string
  readonly #topics = new Map<string, Topic>()
  readonly #changed = new Set<(up: boolean) => void>()
  readonly #usable = { commands: false, subscriber: false }
  #up = false
  #reported = false
  #closed = false
  #cancelPing: (() => void) | undefined

  constructor(options: RedisBusOptions) {
    this.#options = options
    this.#prefix = `mc:${options.redis.db ?? 0}:`
    this.#commands = createRedis(options.redis, `${options.name}-commands`)
    this.#subscriber = createRedis(options.redis, `${options.name}-subscriber`)
    for (const [part, client] of [
      ['commands', this.#commands],
      ['subscriber', this.#subscriber],
    ] as const) {
      client.on('error', (error) => this.#report(error))
      client.on('close', () => this.#judge(part, false))
    }
    this.#commands.on('ready', () => this.#judge('commands', true))
    this.#subscriber.on('ready', () => void this.#renew())
    this.#subscriber.on('message', (channel, text) => this.#deliver(channel, text))
  }

  get up(): boolean {
    return this.#up
  }

  /**
   * Runs other commands. Rejects at once while Redis is away; when an answer does not come in time the outcome is unknown:
   * the command may be carried out later.
   */
  async command<T>(run: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.#up) throw new Error('Redis is away')
    try {
      return await run(this.#commands)
    } catch (error) {
      if (error instanceof Error && error.message === TIMED_OUT) this.#cut('commands', error)
      throw error
    }
  }

  /** Connects. Resolves when the bus is up, at the latest after 1.5 s: a node starts without Redis too. */
  async open(): Promise<void> {
    const up = new Promise<void>((resolve) => {
      const stop = this.onChange(() => {
        stop()
        resolve()
      })
      setTimeout(() => {
        stop()
        resolve()
      }, OPEN_MS)
    })
    // Reported as an event too; the client goes on trying.
    for (const client of [this.#commands, this.#subscriber]) client.connect().catch(() => undefined)
    this.#watch()
    await up
  }

  async publish(topic: string, text: string): Promise<number> {
    return await this.command((redis) => redis.publish(this.#prefix + topic, text))
  }

  async subscribe(topic: string, take: (text: string) => void): Promise<() => void> {
    let found = this.#topics.get(topic)
    if (!found) {
      found = { takes: new Set(), held: Promise.resolve() }
      this.#topics.set(topic, found)
      found.held = this.#hold(topic)
    }
    const entry = { take }
    found.takes.add(entry)
    await found.held
    return () => this.#leave(topic, found, entry)
  }

  onChange(changed: (up: boolean) => void): () => void {
    this.#changed.add(changed)
    return () => void this.#changed.delete(changed)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelPing?.()
    this.#changed.clear()
    this.#topics.clear()
    this.#up = false
    for (const client of [this.#commands, this.#subscriber]) client.disconnect()
  }

  async #hold(topic: string): Promise<void> {
    // Renewed with all the others when the connection is ready.
    if (this.#subscriber.status !== 'ready') return
    try {
      await this.#subscriber.subscribe(this.#prefix + topic)
    } catch (error) {
      this.#cut('subscriber', error)
    }
  }

  #leave(topic: string, found: Topic, entry: { take(text: string): void }): void {
    if (!found.takes.delete(entry) || found.takes.size > 0 || this.#topics.get(topic) !== found) return
    this.#topics.delete(topic)
    if (this.#subscriber.status !== 'ready') return
    this.#subscriber
      .unsubscribe(this.#prefix + topic)
      .catch((error: unknown) => this.#cut('subscriber', error))
  }

  /** A fresh connection has no subscriptions. */
  async #renew(): Promise<void> {
    const topics = [...this.#topics.keys()].map((topic) => this.#prefix + topic)
    try {
      for (let i = 0; i < topics.length; i += RENEW_TOPICS_MAX)
        await this.#subscriber.subscribe(...topics.slice(i, i + RENEW_TOPICS_MAX))
      this.#judge('subscriber', this.#subscriber.status === 'ready')
    } catch (error) {
      this.#cut('subscriber', error)
    }
  }

  #deliver(channel: string, text: string): void {
    const found = this.#topics.get(channel.slice(this.#prefix.length))
    for (const { take } of found?.takes ?? [])
      try {
        take(text)
      } catch (error) {
        this.#options.failed('take a message of another node', error)
      }
  }

  #watch(): void {
    const timer = setInterval(() => {
      for (const [part, client] of [
        ['commands', this.#commands],
        ['subscriber', this.#subscriber],
      ] as const)
        if (client.status === 'ready') client.ping().catch((error: unknown) => this.#cut(part, error))
    }, PING_MS)
    this.#cancelPing = () => clearInterval(timer)
  }

  /** Ends a connection that does not answer; the client makes another. */
  #cut(part: 'commands' | 'subscriber', error: unknown): void {
    if (this.#closed) return
    this.#report(error)
    this.#judge(part, false)
    const client = part === 'commands' ? this.#commands : this.#subscriber
    if (client.status === 'ready') client.disconnect(true)
  }

  #judge(part: 'commands' | 'subscriber', usable: boolean): void {
    this.#usable[part] = usable && !this.#closed
    const up = this.#usable.commands && this.#usable.subscriber
    if (up === this.#up) return
    this.#up = up
    if (up) this.#reported = false
    for (const changed of [...this.#changed]) changed(up)
  }

  #report(error: unknown): void {
    if (this.#reported || this.#closed) return
    this.#reported = true
    this.#options.failed('use Redis', error)
  }
}
