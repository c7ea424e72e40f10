import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type BackOffLimits, waitAfter } from '../domain/back-off.ts'
import { type Rate, type Taken, takeOne, tokensPerMs } from '../domain/token-bucket.ts'

/** Where nodes share small counts. */
export interface SharedMemory {
  readonly up: boolean
  /** Runs a command; rejects when it cannot. */
  command<T>(run: (redis: Redis) => Promise<T>): Promise<T>
}

/** A request waits no longer for a shared count: without an answer this node counts alone. */
const PATIENCE_MS = 100
/** Without an answer the next requests do not even ask for so long. */
const PAUSE_MS = 1_000

/** Asks shared memory, and gives up soon: whoever asks has an answer of its own. */
export class PatientMemory {
  readonly #memory: SharedMemory
  readonly #now: () => number
  readonly #patience_ms: number
  #asks_again_at = 0

  constructor(memory: SharedMemory, now: () => number, patience_ms = PATIENCE_MS) {
    this.#memory = memory
    this.#now = now
    this.#patience_ms = patience_ms
  }

  /** Undefined when there is no answer in time. Never rejects. */
  async ask<T>(run: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (!this.#memory.up || this.#now() < this.#asks_again_at) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const silence = new Promise<'silence'>((resolve) => {
      timer = setTimeout(resolve, this.#patience_ms, 'silence')
    })
    try {
      const answer = await Promise.race([this.#memory.command(run), silence])
      if (answer !== 'silence') return answer
    } catch {
      // Redis is away: this node counts alone.
    } finally {
      clearTimeout(timer)
    }
    this.#asks_again_at = this.#now() + PAUSE_MS
    return undefined
  }
}

/** Names in shared memory are of one length, and do not show e-mail addresses to whoever reads it. */
function nameOf(kind: string, key: string): string {
  return `mc:${kind}:${createHash('sha256').update(key).digest('base64url')}`
}

/** Fills a bucket, takes a token if there is one, and answers the tokens before that. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local per_ms, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'filled_at')
local tokens = burst
if bucket[1] then tokens = math.min(burst, bucket[1] + math.max(0, now - bucket[2]) * per_ms) end
local left = tokens
if tokens >= 1 then left = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(left), 'filled_at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - left) / per_ms) + 1000)
return tostring(tokens)`

/**
 * Token buckets of all nodes. The node's own bucket is asked first: it has seen a part of the calls, so that what it refuses
 * the shared one would refuse too; and it knows those calls when the shared one is away.
 */
export class SharedBuckets {
  readonly #memory: PatientMemory
  readonly #own: { take(key: string, rate: Rate): Taken }

  constructor(memory: PatientMemory, own: { take(key: string, rate: Rate): Taken }) {
    this.#memory = memory
    this.#own = own
  }

  async take(key: string, rate: Rate): Promise<Taken> {
    const own = this.#own.take(key, rate)
    if (!own.allowed) return own
    const name = nameOf('bucket', key)
    const tokens = await this.#memory.ask((redis) =>
      redis.eval(TAKE, 1, name, String(tokensPerMs(rate)), String(rate.burst)),
    )
    if (tokens === undefined) return own
    const { tokens: _, ...taken } = takeOne(Number(tokens), rate)
    return taken
  }
}

/** Counts a failure, and keeps the count for as long as it means something. */
const FAILED = `
local time = redis.call('TIME')
redis.call('HINCRBY', KEYS[1], 'count', 1)
redis.call('HSET', KEYS[1], 'last_at', tostring(time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('PEXPIRE', KEYS[1], ARGV[1])`

/** Count and milliseconds since the last failure, for each key. */
const FAILURES = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for _, key in ipairs(KEYS) do
  local failures = redis.call('HMGET', key, 'count', 'last_at')
  table.insert(found, tonumber(failures[1] or 0))
  table.insert(found, now - (failures[2] or now))
end
return found`

interface OwnFailures {
  longestWait(keys: readonly string[]): number
  failed(key: string): void
  succeeded(key: string): void
}

/** The failures that all nodes have seen; while shared memory is away those of this node. */
export class SharedBackOff {
  readonly #memory: PatientMemory
  readonly #own: OwnFailures
  readonly #kind: string
  readonly #limits: BackOffLimits

  /** `kind` keeps counts with other limits apart. */
  constructor(memory: PatientMemory, own: OwnFailures, kind: string, limits: BackOffLimits) {
    this.#memory = memory
    this.#own = own
    this.#kind = kind
    this.#limits = limits
  }

  async longestWait(keys: readonly string[]): Promise<number> {
    const names = keys.map((key) => this.#name(key))
    const found = await this.#memory.ask((redis) => redis.eval(FAILURES, names.length, ...names))
    if (!isCounts(found)) return this.#own.longestWait(keys)
    const waits = keys.map((_, i) => waitAfter(found[2 * i] ?? 0, found[2 * i + 1] ?? 0, this.#limits))
    return Math.max(0, ...waits)
  }

  async failed(key: string): Promise<void> {
    this.#own.failed(key)
    const name = this.#name(key)
    await this.#memory.ask((redis) => redis.eval(FAILED, 1, name, this.#limits.forget_ms))
  }

  async succeeded(key: string): Promise<void> {
    this.#own.succeeded(key)
    const name = this.#name(key)
    await this.#memory.ask((redis) => redis.del(name))
  }

  #name(key: string): string {
    return nameOf(`failures:${this.#kind}`, key)
  }
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
}

/** Whether this node is the first one to do something named `key` within a time; true while shared memory is away. */
export async function isFirst(memory: PatientMemory, key: string, within_ms: number): Promise<boolean> {
  const name = nameOf('first', key)
  const answer = await memory.ask(async (redis) => ({
    set: await redis.set(name, '1', 'PX', within_ms, 'NX'),
  }))
  return answer === undefined || answer.set === 'OK'
}
