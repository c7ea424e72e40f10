import type { RawRequest } from '../../support/raw.ts'

/** A body that no client of ours sends, and how it is refused where a body is taken. */
export interface Hostile {
  what: string
  body: RawRequest['body']
  headers?: Record<string, string>
  code: 'INVALID_JSON' | 'VALIDATION_FAILED' | 'PAYLOAD_TOO_LARGE' | 'UNSUPPORTED_MEDIA_TYPE'
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const MIB = 1024 * 1024
const deep = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels)
const encode = (text: string) => new TextEncoder().encode(text)

/** A body of unknown length, in pieces. */
function streamed(bytes: number): ReadableStream {
  let left = bytes
  return new ReadableStream({
    pull(to) {
      const size = Math.min(left, 64 * 1024)
      if (size === 0) return to.close()
      left -= size
      to.enqueue(new Uint8Array(size).fill(0x20))
    },
  })
}

/** `name` is a field that the operation takes. Streams are read once: ask anew for every request. */
export function hostileBodies(name: string): Hostile[] {
  const field = JSON.stringify(name)
  const json = (what: string, body: string, code: Hostile['code'] = 'VALIDATION_FAILED'): Hostile => ({
    what,
    body,
    headers: JSON_TYPE,
    code,
  })
  const typed = (type: string | undefined): Hostile => ({
    what: `the type ${type}`,
    // Bytes, because a text gets a type of its own on the way.
    body: encode('{}'),
    headers: type === undefined ? {} : { 'Content-Type': type },
    code: 'UNSUPPORTED_MEDIA_TYPE',
  })
  return [
    json('no JSON', '{', 'INVALID_JSON'),
    json('a word', 'nonsense', 'INVALID_JSON'),
    json('two values', '{}{}', 'INVALID_JSON'),
    json('a comma too many', `{${field}: 1,}`, 'INVALID_JSON'),
    json('a comment', '{/* */}', 'INVALID_JSON'),
    json('not a number', `{${field}: NaN}`, 'INVALID_JSON'),
    json('only a NUL', '\0', 'INVALID_JSON'),
    { ...json('no UTF-8', '', 'INVALID_JSON'), body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) },
    { ...json('UTF-16', '', 'INVALID_JSON'), body: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]) },
    json('a list', '[]'),
    json('a list of lists', '[[[[]]]]'),
    json('a number', '7'),
    json('a text', '"text"'),
    json('true', 'true'),
    json('a NUL', `{${field}: "a\\u0000b"}`),
    json('a NUL in a name', '{"a\\u0000b": 1}'),
    json('half a surrogate pair', `{${field}: "\\ud83d"}`),
    json('the other half', `{${field}: "\\ude00 text"}`),
    json('half a surrogate pair in a name', '{"\\udead": 1}'),
    json('a huge number', `{${field}: 1e400}`),
    json('a huge negative number', `{${field}: -1e400}`),
    json('a number of many digits', `{${field}: ${'9'.repeat(5_000)}}`),
    json('a name twice', `{"no_such_field": 1, "no_such_field": {}}`),
    json('a prototype', '{"__proto__": {"role": "administrator"}}'),
    json('a constructor', '{"constructor": {"prototype": {"role": "administrator"}}}'),
    json('a name that every object has', '{"toString": 1, "hasOwnProperty": 1}'),
    json('an empty name', '{"": 1}'),
    json('a long name', `{"${'n'.repeat(500_000)}": 1}`),
    json('a long name deep down', `{"${'n'.repeat(500_000)}": ${deep('[', ']', 12)}}`),
    json('many names', `{${Array.from({ length: 20_000 }, (_, i) => `"n${i}": 1`).join()}}`),
    json('eleven levels', deep('{"a":', '}', 11).replace(':}', ':1}')),
    json('ten thousand levels of lists', deep('[', ']', 10_000)),
    json('ten thousand levels of objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
    json('as deep as a body can be', deep('[', ']', MIB / 2 - 100)),
    json('ten thousand levels in a field', `{${field}: ${deep('[', ']', 10_000)}}`),
    json('more than a mebibyte', ' '.repeat(MIB + 1), 'PAYLOAD_TOO_LARGE'),
    json('ten mebibytes', ' '.repeat(10 * MIB), 'PAYLOAD_TOO_LARGE'),
    { ...json('more than a mebibyte in pieces', '', 'PAYLOAD_TOO_LARGE'), body: streamed(MIB + 1) },
    { ...json('ten mebibytes in pieces', '', 'PAYLOAD_TOO_LARGE'), body: streamed(10 * MIB) },
    typed(undefined),
    typed('text/plain'),
    typed('application/x-www-form-urlencoded'),
    typed('multipart/form-data; boundary=x'),
    typed('application/xml'),
    typed('application/jsonx'),
    typed('application/vnd.api+json'),
    typed('nonsense'),
  ]
}
