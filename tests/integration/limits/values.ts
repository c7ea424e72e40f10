import type { Field, Schema } from './bodies.ts'

/** Values at a field's bounds, which it takes, and beyond them, which it refuses; each with what it is. */
export interface Values {
  within: [string, unknown][]
  beyond: [string, unknown][]
}

/** What is longer is refused where HTTP itself is read, before there is a request. */
const URL_MAX = 12_000
const EMOJI = '😀'
/** One letter to a reader, two code points. */
const COMBINED = 'e\u0301'

/** What to send to a field of a body; a query's values are texts (see {@link queryValues}). */
export function valuesOf({ schema, nullable }: Field): Values {
  const { within, beyond } = byKind(schema)
  const kinds: [string, unknown][] = [
    ['a number', 1],
    ['a text', 'no such thing'],
    ['true', true],
    ['a list', [[]]],
    ['an object', { no_such_field: 1 }],
    ['a huge number', 1e300],
  ]
  if (nullable) within.push(['null', null])
  else kinds.push(['null', null])
  return { within, beyond: [...beyond, ...kinds.filter(([, value]) => !fits(schema, value))] }
}

/** The same for a query: numbers and flags are read from text, an empty one counts as left out. */
export function queryValues(field: Field): Values {
  const { within, beyond } = byKind(field.schema)
  const said = beyond.filter(([what]) => what !== 'empty' && !what.startsWith('a number as'))
  if (field.schema.type === 'integer' || field.schema.type === 'boolean') said.push(['a word', 'many'])
  const short = ([, value]: [string, unknown]) => encodeURIComponent(String(value)).length < URL_MAX
  return { within: within.filter(short), beyond: said.filter(short) }
}

function byKind(schema: Schema): Values {
  if (schema.const !== undefined) return { within: [['the word', schema.const]], beyond: [] }
  if (schema.enum)
    return {
      within: schema.enum.map((word) => [word, word]),
      beyond: [
        ['another word', 'no-such-word'],
        ['the word in capitals', schema.enum[0]?.toUpperCase()],
      ],
    }
  if (schema.type === 'array') return lists(schema)
  if (schema.type === 'integer') return numbers(schema)
  if (schema.type === 'boolean')
    return {
      within: [
        ['true', true],
        ['false', false],
      ],
      beyond: [],
    }
  if (schema.format === 'uuid')
    return {
      within: [['an id', crypto.randomUUID()]],
      beyond: [
        ['no id', 'x'.repeat(36)],
        ['an id and more', `${crypto.randomUUID()}0`],
      ],
    }
  if (schema.type === 'string' && schema.maxLength !== undefined) return texts(schema, schema.maxLength)
  return { within: [], beyond: [] }
}

function texts(schema: Schema, max: number): Values {
  const min = schema.minLength ?? 0
  const within: [string, unknown][] = [[`${max} characters`, textOf(schema, max)]]
  const beyond: [string, unknown][] = [[`${max + 1} characters`, textOf(schema, max + 1)]]
  if (!schema.pattern && !schema.format) {
    within.push([`${max} emoji`, EMOJI.repeat(max)])
    within.push(['combined letters to the bound', COMBINED.repeat(Math.floor(max / 2))])
    beyond.push([`${max + 1} emoji`, EMOJI.repeat(max + 1)])
    if (min > 0) within.push([`${min} characters`, 'x'.repeat(min)])
  } else beyond.push(['another form', '<>'])
  if (min > 0) beyond.push(['empty', ''])
  return { within, beyond }
}

/** A text of this length that the form allows. */
function textOf(schema: Schema, length: number): string {
  const forms = [
    'x'.repeat(length),
    `${'x'.repeat(Math.max(1, length - 12))}@example.com`,
    `https://example.com/${'x'.repeat(Math.max(0, length - 20))}`,
    `${'x'.repeat(Math.max(1, length - 4))}.com`,
    `${'1,'.repeat(Math.max(1, Math.floor(length / 2) - 5))}${length % 2 ? '1,1' : '10'} * * * *`,
    `${'2026-01-01T00:00:00.'}${'0'.repeat(Math.max(1, length - 21))}Z`,
  ]
  const found = forms.find((text) => {
    if (text.length !== length) return false
    if (schema.format === 'date-time') return text.startsWith('2026')
    return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text)
  })
  if (found === undefined) throw new Error(`no text of the form ${schema.pattern} with ${length} characters`)
  return found
}

function numbers({ minimum, maximum }: Schema): Values {
  if (minimum === undefined || maximum === undefined) return { within: [], beyond: [] }
  return {
    within: [
      [`${minimum}`, minimum],
      [`${maximum}`, maximum],
    ],
    beyond: [
      [`${minimum - 1}`, minimum - 1],
      [`${maximum + 1}`, maximum + 1],
      ['a half', minimum + 0.5],
      ['a number as text', String(minimum)],
    ],
  }
}

function lists({ items = {}, maxItems, minItems = 0, uniqueItems }: Schema): Values {
  if (maxItems === undefined) return { within: [], beyond: [] }
  const many = (count: number) => Array.from({ length: count }, (_, i) => itemOf(items, i))
  const beyond: [string, unknown][] = [[`${maxItems + 1} items`, many(maxItems + 1)]]
  if (minItems > 0) beyond.push(['no items', []])
  if (uniqueItems) beyond.push(['an item twice', [itemOf(items, 0), itemOf(items, 0)]])
  return { within: [[`${maxItems} items`, many(maxItems)]], beyond }
}

function itemOf(schema: Schema, i: number): unknown {
  if (schema.enum) return schema.enum[i % schema.enum.length]
  if (schema.format === 'uuid') return crypto.randomUUID()
  if (schema.format === 'uri') return `https://example.com/${i}`
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, itemOf(value, i)]),
    )
  return `item-${i}`
}

/** Whether a value of some kind happens to be good here. */
function fits(schema: Schema, value: unknown): boolean {
  if (schema.const !== undefined || schema.enum || schema.format) return false
  if (schema.type === 'string') return typeof value === 'string' && schema.pattern === undefined
  if (schema.type === 'integer') return value === 1 && (schema.minimum ?? 0) <= 1
  if (schema.type === 'boolean') return value === true
  // A patch of settings is free-form: what comes of it is judged by its own fields.
  if (schema.type === 'object') return typeof value === 'object' && value !== null
  return false
}
