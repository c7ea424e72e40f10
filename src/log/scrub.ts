/**
 * Removes secrets and private text from log fields, by the name of the field and by patterns in the text. Names are exact;
 * patterns are the second line of defence, for messages and errors composed elsewhere.
 */

/** A field with such a name contains a credential. */
const SECRET_NAME =
  /passw|secret|token|cookie|authori[sz]ation|api_?key|pepper|credential|csrf|otp|private|recovery_code/i

/** Text of people and agents: it belongs to their org, not to the server's log. */
const PRIVATE_NAMES = new Set([
  'content',
  'body',
  'text',
  'payload',
  'snippet',
  'description',
  'instructions',
  'comment',
  'input',
  'result',
  'parameters',
  'query',
  'key',
  'hash',
  'jwt',
  'url_token',
])

/** Names like `token_id` or `password_changed_at` describe a secret and do not contain it. */
const ABOUT = /_(id|at|ms|s|count|bytes|prefix|state|type)$/i

const TEXT_RULES: readonly [RegExp, string][] = [
  [/mc_ak_(live|tmp)_[A-Za-z0-9_-]+/g, 'mc_ak_$1_[removed]'],
  [/mc_scim_([0-9a-f]{7})_[A-Za-z0-9_-]+/g, 'mc_scim_$1_[removed]'],
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[removed]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [removed]'],
  [/\$argon2id\$[\w$=,+/-]+/g, '[removed]'],
  [/:\/\/[^/?#\s@]*@/g, '://[removed]@'],
  [
    /((?:^|[\s;,?&"'{])(?:__Host-)?[\w.-]*(?:passw|secret|token|cookie|pepper|csrf|mc_session|mc_device)[\w.-]*["']?\s*[=:]\s*["']?)[^\s&;,"'}]+/gi,
    '$1[removed]',
  ],
  [/(\/(?:setup|invites?|sign-in-links?|email-links|confirm-email)\/)[A-Za-z0-9_-]{16,}/g, '$1[removed]'],
]

const REMOVED = '[removed]'
const DEPTH_MAX = 6
const ITEMS_MAX = 50
const TEXT_MAX = 4_000

/** A copy of log fields without secrets and private text; bounded in depth, items and length. */
export function scrub(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields).slice(0, ITEMS_MAX))
    clean[name] = isPrivate(name, value) ? REMOVED : scrubValue(value, depth)
  return clean
}

/** A text without anything that looks like a key, a token, a cookie or a password in a URL. */
export function scrubText(text: string): string {
  const bounded = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
  return TEXT_RULES.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), bounded)
}

/**
 * An error as plain fields: type, message, code, stack and cause. Detail, parameters and statement of a database error are
 * left out, because they contain the written row.
 */
export function scrubError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error))
    return typeof error === 'object' && error !== null
      ? { value: scrubValue(error, depth) }
      : { message: scrubText(String(error)) }
  const fields: Record<string, unknown> = { type: error.name, message: scrubText(error.message) }
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number'))
    fields.code = error.code
  if (error.stack !== undefined) fields.stack = scrubText(error.stack)
  if (error.cause !== undefined && depth < DEPTH_MAX) fields.cause = scrubError(error.cause, depth + 1)
  return fields
}

function isPrivate(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return false
  if (PRIVATE_NAMES.has(name.toLowerCase())) return true
  return SECRET_NAME.test(name) && !ABOUT.test(name)
}

function scrubValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Error) return scrubError(value, depth + 1)
  if (depth >= DEPTH_MAX) return '[deeper]'
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => scrubValue(item, depth + 1))
  // Not a plain object (a Headers, a Map, a Request): its class is shown, its contents are not.
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? 'object'}]`
  return scrub({ ...value }, depth + 1)
}
