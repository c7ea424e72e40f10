/**
 * Applies a JSON Merge Patch (RFC 7396) to the settings. A removed setting returns to its default, a nullable one is set
 * to null. The schema validates the result as a whole, not this function.
 */
export function patchSettings(current: unknown, patch: unknown, defaults: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged: Record<string, unknown> = isObject(current) ? { ...current } : {}
  for (const [key, value] of Object.entries(patch)) {
    const fallback = own(defaults, key)
    const next =
      value === null
        ? isNullable(key)
          ? null
          : fallback
        : isObject(value)
          ? patchSettings(own(merged, key), value, fallback)
          : value
    // Defined, not assigned: a field that is called __proto__ must stay a field, so that the schema refuses it.
    Object.defineProperty(merged, key, { value: next, enumerable: true, writable: true, configurable: true })
  }
  return merged
}

/** Stored settings with the defaults of those that are newer than the org; without those that are no more. */
export function filledSettings<T>(stored: unknown, defaults: T): T
export function filledSettings(stored: unknown, defaults: unknown): unknown {
  if (!isObject(defaults)) return stored === undefined ? defaults : stored
  return Object.fromEntries(
    Object.entries(defaults).map(([key, value]) => [key, filledSettings(own(stored, key), value)]),
  )
}

/** The object's own value: every object has a `constructor` that is none of its fields. */
function own(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Nullable settings. */
const NULLABLE = new Set([
  'default_channel',
  'email_from_address',
  'max_concurrent_sub_agents',
  'org_name',
  'domain',
])

function isNullable(key: string): boolean {
  return NULLABLE.has(key)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
