import type postgres from 'postgres'

/**
 * How PostgreSQL's values become the contract's: times are ISO 8601 text with milliseconds, bigints are JSON integers,
 * arrays are arrays (type ids are preconfigured, which saves the driver a query at connect).
 */
export const types: Record<string, postgres.PostgresType> = {
  int8: { to: 20, from: [20], serialize: String, parse: Number },
  timestamptz: {
    to: 1184,
    from: [1184],
    serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
    parse: (value: string) => new Date(value).toISOString(),
  },
  text_array: { to: 1009, from: [1009, 1015], serialize: toArray, parse: fromArray },
  uuid_array: { to: 2951, from: [2951], serialize: toArray, parse: fromArray },
  int8_array: {
    to: 1016,
    from: [1016],
    serialize: toArray,
    parse: (text: string) => fromArray(text).map(Number),
  },
}

function toArray(values: readonly (string | number)[]): string {
  return `{${values.map((value) => `"${String(value).replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

/** Reads PostgreSQL's one-dimensional array text; NULL elements do not occur in our columns. */
export function fromArray(text: string): string[] {
  if (text === '{}') return []
  const body = text.slice(1, -1)
  if (!body.includes('"')) return body.split(',')
  const values: string[] = []
  let at = 0
  while (at < body.length) {
    if (body[at] === '"') {
      let value = ''
      for (at++; body[at] !== '"'; at++) {
        if (body[at] === '\\') at++
        value += body[at]
      }
      values.push(value)
      at += 2
    } else {
      const end = body.indexOf(',', at)
      values.push(body.slice(at, end < 0 ? undefined : end))
      at = end < 0 ? body.length : end + 1
    }
  }
  return values
}
