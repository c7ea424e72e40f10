import { DEFAULTS } from './defaults.ts'
import { addressOf, isLoopback } from './urls.ts'

/** One problem at its place: keys and indexes from the root of the file. */
export interface Finding {
  path: readonly string[]
  message: string
}

/** The part of a value at a path; undefined where there is none. */
export const partAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (part, key) => (typeof part === 'object' && part ? Reflect.get(part, key) : undefined),
    value,
  )

/**
 * Rules that go beyond the form of one value. They read a file that may have other problems, so that people see all at
 * once; what has the wrong form is skipped. No message holds a value that may be a secret.
 */
export function ruleFindings(file: unknown): Finding[] {
  return [...addresses(file), ...secretAddresses(file), ...misplacedKeys(file), ...duplicates(file)]
}

const textAt = (file: unknown, path: readonly string[]): string | undefined => {
  const text = partAt(file, path)
  return typeof text === 'string' && text !== '' ? text : undefined
}

function agentsOf(file: unknown): unknown[] {
  const agents = partAt(file, ['agents'])
  return Array.isArray(agents) ? agents : []
}

function* addresses(file: unknown): Generator<Finding> {
  const path = ['mission_control', 'url']
  const url = textAt(file, path)
  const server = url === undefined ? undefined : addressOf(url, ['http:', 'https:'])
  const accepted = partAt(file, ['mission_control', 'verify_tls']) === false
  if (url !== undefined && !server)
    yield { path, message: address('http:// or https://', 'https://mc.example.com') }
  else if (server?.protocol === 'http:' && !isLoopback(server.hostname) && !accepted)
    yield {
      path,
      message:
        'Plain HTTP sends keys and messages in clear text. Use https://, or accept it with verify_tls: false.',
    }
  const gateway = textAt(file, ['gateway', 'url'])
  if (gateway !== undefined && !addressOf(gateway, ['ws:', 'wss:']))
    yield { path: ['gateway', 'url'], message: address('ws:// or wss://', DEFAULTS.gateway_url) }
}

/** Secrets travel to these addresses' clients: TLS only, but for this machine. */
function* secretAddresses(file: unknown): Generator<Finding> {
  for (const key of ['url', 'endpoint']) {
    const path = ['credentials', key]
    const text = textAt(file, path)
    if (text === undefined) continue
    const url = addressOf(text, ['http:', 'https:'])
    if (!url) yield { path, message: address('https://', 'https://vault.example.com:8200') }
    else if (url.protocol === 'http:' && !isLoopback(url.hostname))
      yield { path, message: 'Plain HTTP would send the secrets in clear text. Use https://.' }
  }
}

const address = (schemes: string, example: string) =>
  `Must be an address with ${schemes}, without password, query or fragment, such as ${example}.`

/** True for text that begins like an API key of Mission Control. */
export const isKey = (text: string): boolean => /^mc_ak_/i.test(text)
export const KEY_IN_PLACE_OF_NAME =
  'Must be the name of the credential, such as MC_KEY_SCOUT, not the key itself. Keys do not belong in this file.'

/** A key in place of the name of its credential. */
function* misplacedKeys(file: unknown): Generator<Finding> {
  const places = [
    ...agentsOf(file).map((_, i) => ['agents', `${i}`, 'api_key_env']),
    ['gateway', 'token_env'],
  ]
  for (const path of places) {
    if (isKey(textAt(file, path) ?? '')) yield { path, message: KEY_IN_PLACE_OF_NAME }
  }
}

/** What may occur once among the agents: a name, a key in an organization, a gateway agent in an organization. */
function* duplicates(file: unknown): Generator<Finding> {
  const names = new Firsts()
  const keys = new Firsts()
  const sessions = new Firsts()
  for (const [i, agent] of agentsOf(file).entries()) {
    const place = (key: string) => ['agents', `${i}`, key]
    const [name, org, key] = [
      textAt(agent, ['name']),
      textAt(agent, ['org_slug']),
      textAt(agent, ['api_key_env']),
    ]
    const named = names.before(i, name)
    if (named !== undefined) yield { path: place('name'), message: `agents[${named}] has this name already.` }
    const same = key !== undefined && isKey(key) ? undefined : keys.before(i, org, key)
    if (same !== undefined) {
      yield {
        path: place('api_key_env'),
        message: `agents[${same}] is the same agent: same key, same organization.`,
      }
      continue
    }
    const gateway_agent = textAt(agent, ['gateway_agent']) ?? DEFAULTS.gateway_agent
    const shared = sessions.before(i, org, gateway_agent)
    if (shared !== undefined)
      yield {
        path: place('gateway_agent'),
        message: `agents[${shared}] has the same gateway agent in the same organization: both would share their sessions.`,
      }
  }
}

/** Remembers at which index a combination of words came first. */
class Firsts {
  readonly #seen = new Map<string, number>()

  /** Index at which all these words came before; undefined the first time, or when one is missing. */
  before(index: number, ...words: (string | undefined)[]): number | undefined {
    if (words.includes(undefined)) return undefined
    const together = JSON.stringify(words)
    const earlier = this.#seen.get(together)
    if (earlier === undefined) this.#seen.set(together, index)
    return earlier
  }
}
