import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { problemsOf } from '../../../src/contracts/problems.ts'
import { type Finding, isKey, KEY_IN_PLACE_OF_NAME, partAt, ruleFindings } from './rules.ts'
import { CONFIG_LIMITS, ConfigFile } from './schema.ts'
import { similar } from './suggest.ts'

/** Everything that is wrong with a file: by its schema and by the rules that join values, one finding per place. */
export function findingsOf(value: unknown): Finding[] {
  const by_place = new Map<string, Finding>()
  for (const finding of [...schemaFindings(value), ...ruleFindings(value)]) {
    const place = nameOf(finding.path)
    if (!by_place.has(place)) by_place.set(place, finding)
  }
  return [...by_place.values()]
}

function schemaFindings(value: unknown): Finding[] {
  // One error at a time: the list of all is cut at a length that suits answers of a server.
  return [...Value.Errors(ConfigFile, value)]
    .flatMap((error) => problemsOf([error]))
    .map(({ path, message }) => {
      const keys = path.split('/').slice(1).map(unescapePointer)
      return { path: keys, message: explain(value, keys, message) }
    })
}

const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~')

function explain(value: unknown, keys: readonly string[], message: string): string {
  if (message === 'There is no such field.') {
    const near = similar(keys.at(-1) ?? '', keysAt(value, keys.slice(0, -1)))
    return `There is no such key.${near ? ` Did you mean ${near}?` : ''}`
  }
  const given = partAt(value, keys)
  if (typeof given === 'string' && isKey(given)) return KEY_IN_PLACE_OF_NAME
  if (message.includes('of the form')) return FORMS[keys.at(-1) ?? ''] ?? message
  if (message.startsWith('Expected array length')) return `Must name 1 to ${CONFIG_LIMITS.agents_max} agents.`
  return WORDS[message] ?? message
}

/** Messages of the schema library in words of the file. */
const WORDS: Readonly<Record<string, string>> = {
  'Expected boolean.': 'Must be true or false.',
  'Expected object.': 'Must be a section with keys below it.',
  'Expected array.': 'Must be a list.',
}

const NAME = 'Must be 1 to 64 lower-case letters, digits, - or _, and begin with a letter or digit.'
const CREDENTIAL = 'Must be the name of a credential: letters, digits and _, such as MC_KEY_SCOUT.'

/** Patterns in words, by the key that has them. */
const FORMS: Readonly<Record<string, string>> = {
  name: NAME,
  gateway_agent: NAME,
  api_key_env: CREDENTIAL,
  token_env: CREDENTIAL,
  org_slug: `Must be the organization's name in addresses: ${LIMITS.org_slug_min} to ${LIMITS.org_slug_max} lower-case letters, digits or -.`,
  region: 'Must be a region, such as eu-central-1.',
  path: 'Must be a path below /v1/, such as secret/data/mission-control, without a slash at its ends.',
  namespace: 'Must be a namespace without spaces.',
}

/** The keys that the schema knows at a place; of a union, those of the member that the value chose. */
function keysAt(value: unknown, path: readonly string[]): string[] {
  let schema: TSchema = ConfigFile
  let part: unknown = value
  for (const key of path) {
    part = Object(part)[key]
    schema = schema.properties?.[key] ?? schema.items ?? {}
    const forms: TSchema[] | undefined = schema.anyOf
    schema = forms?.find((form) => form.properties.provider.const === Object(part).provider) ?? schema
  }
  return Object.keys(schema.properties ?? {})
}

/** `agents[0].wake` */
export function nameOf(path: readonly string[]): string {
  const name = path.map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`)).join('')
  return name.replace(/^\./, '') || 'the file'
}
