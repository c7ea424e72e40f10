import { parseEnv } from 'node:util'
import { parseYaml } from '../yaml.ts'

/** A larger secret is none: it is refused unread. */
export const SECRET_BYTES_MAX = 256 * 1024

/** Names with their values, of an object that holds text only; undefined for anything else. */
export function entriesOf(value: unknown): Map<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return undefined
  return new Map(entries)
}

/**
 * Entries of a secrets file: YAML or JSON by the name's ending (`.yaml`, `.yml`, `.json`), else lines `NAME=value` as in
 * a dotenv file. Undefined when the text is no such thing; nothing of the text is quoted, for it is secret.
 */
export function parseSecrets(text: string, path: string): Map<string, string> | undefined {
  if (!/\.(ya?ml|json)$/i.test(path)) return entriesOf(parseEnv(text))
  const { value, problems } = parseYaml(text)
  return problems.length > 0 ? undefined : entriesOf(value ?? {})
}
