import type { Secrets } from './secrets.ts'

/** A field with such a name contains a credential. */
const SECRET_NAME = /passw|secret|token|cookie|authori[sz]ation|api_?key|credential|private|signature/i

/** Text of people and agents: it belongs to their org, not to the log of a bridge. */
const PRIVATE_NAMES = new Set([
  'content',
  'body',
  'text',
  'payload',
  'message',
  'prompt',
  'answer',
  'description',
  'instructions',
  'input',
  'output',
  'key',
])

/** Names like `token_env` or `message_id` describe a value and do not contain it. */
const ABOUT = /_(env|id|at|ms|s|seconds|count|bytes|prefix|state|status|kind|type|path)$/i

export const REMOVED = '[removed]'
const DEPTH_MAX = 6
const ITEMS_MAX = 50
const TEXT_MAX = 4_000

/** `mc_ak_<type>_<id12>_<secret>`: the public part stays, to find the key in the app. A key without that shape shows nothing. */
const KEY = /mc_ak_(?:([a-z]+_[A-Za-z0-9]{12})_)?[A-Za-z0-9_-]*/g

const TEXT_RULES: readonly [RegExp, string][] = [
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, REMOVED],
  [/\bhvs\.[A-Za-z0-9_-]+/g, REMOVED],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${REMOVED}`],
  [/:\/\/[^/?#\s@]*@/g, `://${REMOVED}@`],
  [
    /((?:^|[\s;,?&"'{])[\w.-]*(?:passw|secret|token|cookie|signature)[\w.-]*["']?\s*[=:]\s*["']?)[^\s&;,"'}]+/gi,
    `$1${REMOVED}`,
  ],
]

/** Removes credentials and private text from what is logged: by the name of a field, by known values, by patterns. */
export class Scrubber {
  readonly #secrets: Secrets

  constructor(secrets: Secrets) {
    this.#secrets = secrets
  }

  /** A text without anything that looks like a key or a token, or is one. At most 4,000 characters. */
  text(text: string): string {
    // Known values go before the text is cut: half of one would not be found. Half of a pattern is.
    const known = this.#secrets.remove(text, REMOVED).slice(0, TEXT_MAX * 4)
    const masked = known.replace(
      KEY,
      (_, visible?: string) => `mc_ak_${visible === undefined ? '' : `${visible}_`}…`,
    )
    const clean = TEXT_RULES.reduce(
      (clean, [pattern, replacement]) => clean.replace(pattern, replacement),
      masked,
    )
    return clean.length > TEXT_MAX ? `${clean.slice(0, TEXT_MAX).toWellFormed()}…` : clean
  }

  /** A copy of log fields, bounded in depth, items and length. */
  fields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
    const clean: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(fields).slice(0, ITEMS_MAX))
      clean[this.text(name)] = isPrivate(name, value) ? REMOVED : this.value(value, depth)
    return clean
  }

  /** An error as plain fields: type, message, code, stack and cause. */
  error(error: unknown, depth = 0): Record<string, unknown> {
    if (!(error instanceof Error))
      return typeof error === 'object' && error !== null
        ? { value: this.value(error, depth) }
        : { message: this.text(String(error)) }
    const fields: Record<string, unknown> = { type: this.text(error.name), message: this.text(error.message) }
    if ('code' in error && typeof error.code === 'string') fields.code = this.text(error.code)
    if (error.stack !== undefined) fields.stack = this.text(error.stack)
    if (error.cause !== undefined && depth < DEPTH_MAX) fields.cause = this.error(error.cause, depth + 1)
    return fields
  }

  /** Any value, made of plain data, without the rule of names when it is no object. */
  value(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'bigint' || typeof value === 'symbol') return this.text(String(value))
    if (typeof value === 'function') return '[function]'
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof Error) return this.error(value, depth + 1)
    if (depth >= DEPTH_MAX) return '[deeper]'
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => this.value(item, depth + 1))
    // Not a plain object (a Headers, a Map, a Request): its class is shown, its contents are not.
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null)
      return `[${value.constructor?.name ?? 'object'}]`
    return this.fields({ ...value }, depth + 1)
  }
}

function isPrivate(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return false
  if (PRIVATE_NAMES.has(name.toLowerCase())) return true
  return SECRET_NAME.test(name) && !ABOUT.test(name)
}
