/** A resource or a part of one, as it crosses the wire. */
export type Json = Record<string, unknown>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names of attributes are compared without case (RFC 7643, section 2.1). The name under which an object has one. */
export function keyOf(object: Json, name: string): string | undefined {
  if (Object.hasOwn(object, name)) return name
  const wanted = name.toLowerCase()
  return Object.keys(object).find((key) => key.toLowerCase() === wanted)
}

export function get(object: Json, name: string): unknown {
  const key = keyOf(object, name)
  return key === undefined ? undefined : object[key]
}

export function set(object: Json, name: string, value: unknown): void {
  // Not by assignment: an attribute may be called __proto__.
  Object.defineProperty(object, keyOf(object, name) ?? name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

export function unset(object: Json, name: string): void {
  const key = keyOf(object, name)
  if (key !== undefined) delete object[key]
}
