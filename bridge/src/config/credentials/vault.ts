import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { CredentialMissing, type CredentialsConfig, CredentialsUnavailable } from '../config.ts'
import { entriesOf } from './entries.ts'
import { secretOfProcess } from './environment.ts'
import { type Answer, ask } from './http.ts'
import type { Means, Source } from './source.ts'

type VaultConfig = Extract<CredentialsConfig, { provider: 'vault' }>

/** Answers of Vault, as its API documentation shows them. */
const Version1 = Type.Object({ data: Type.Object({}) })
const Version2 = Type.Object({
  data: Type.Object({ data: Type.Object({}), metadata: Type.Object({ version: Type.Integer() }) }),
})
const Deleted = Type.Object({ data: Type.Object({ data: Type.Null(), metadata: Type.Object({}) }) })
const Errors = Type.Object({ errors: Type.Array(Type.String()) })
const Warnings = Type.Object({ warnings: Type.Array(Type.String()) })
const Lookup = Type.Object({
  data: Type.Object({ ttl: Type.Number(), creation_ttl: Type.Number(), renewable: Type.Boolean() }),
})

/**
 * A secret of a key-value engine of HashiCorp Vault or OpenBao, version 1 or 2 (told apart by the answer). `path` is what
 * follows `/v1/`, so for version 2 it holds `data`: `secret/data/mission-control`. The token is renewed when half of its
 * time is over.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 · https://developer.hashicorp.com/vault/api-docs/auth/token
 */
export function vault(config: VaultConfig, means: Means): Source {
  const call = async (method: string, path: string): Promise<Answer> => {
    const token = secretOfProcess(config.token_env, means.env)
    if (token === undefined)
      throw new CredentialMissing(
        `The environment variable ${config.token_env}, the token for Vault, is not set.`,
      )
    const headers: Record<string, string> = { 'X-Vault-Token': token, 'X-Vault-Request': 'true' }
    if (config.namespace !== null) headers['X-Vault-Namespace'] = config.namespace
    return await ask(means, 'Vault', `${config.url}/v1/${path}`, { method, headers })
  }
  const token = new VaultToken(config.token_env, call, means)
  return {
    place: `Vault at ${config.path}`,
    async read() {
      await token.keep()
      const answer = await call('GET', config.path)
      // The token may have been revoked since it was looked up.
      if (answer.status === 403) await token.lookUp()
      return secretOf(answer, config.path)
    },
  }
}

function secretOf(answer: Answer, path: string): Map<string, string> {
  const { status, body } = answer
  if (status === 403)
    throw refused(`Vault refuses to read ${path}: its token lacks a policy with "read" on it.`)
  if (status === 404) throw refused(missing(body, path))
  if (status !== 200) throw refused(`Vault answers ${status} for ${path}${errorsOf(answer)}.`)
  const data = Value.Check(Version2, body)
    ? body.data.data
    : Value.Check(Version1, body)
      ? body.data
      : undefined
  const entries = entriesOf(data)
  if (entries) return entries
  throw refused(`The secret ${path} of Vault must hold names with texts as their values.`)
}

function missing(body: unknown, path: string): string {
  if (Value.Check(Deleted, body)) return `The newest version of ${path} in Vault was deleted.`
  const versioned =
    Value.Check(Warnings, body) && body.warnings.some((text) => text.includes('versioned K/V'))
  if (versioned) {
    const [mount, ...rest] = path.split('/')
    return `${path} lies in a key-value engine of version 2: its path has "data" after the mount, such as ${[mount, 'data', ...rest].join('/')}.`
  }
  return `There is no secret ${path} in Vault.`
}

const refused = (message: string) => new CredentialsUnavailable(message, false)

const errorsOf = ({ body }: Answer) =>
  Value.Check(Errors, body) && body.errors.length > 0 ? `: ${body.errors.join(', ').slice(0, 200)}` : ''

/** Keeps the token for Vault valid. It is looked up once, and then again when its time may need a renewal. */
class VaultToken {
  readonly #name: string
  readonly #call: (method: string, path: string) => Promise<Answer>
  readonly #means: Means
  /** Milliseconds since 1970. */
  #look_again_at = 0
  #warned = false

  constructor(name: string, call: (method: string, path: string) => Promise<Answer>, means: Means) {
    this.#name = name
    this.#call = call
    this.#means = means
  }

  /** Throws `CredentialsUnavailable` when the token does not hold any more. */
  async keep(): Promise<void> {
    if (this.#means.now() >= this.#look_again_at) await this.lookUp()
  }

  async lookUp(): Promise<void> {
    const answer = await this.#call('GET', 'auth/token/lookup-self')
    if (answer.status === 403)
      throw refused(`Vault refuses the token in ${this.#name}: it is not valid, or it has expired.`)
    if (!Value.Check(Lookup, answer.body))
      throw refused(
        `Vault answers ${answer.status} when asked about the token in ${this.#name}${errorsOf(answer)}.`,
      )
    const { ttl, creation_ttl, renewable } = answer.body.data
    // Root tokens have no end.
    if (ttl === 0) return this.#lookAgainIn(Number.POSITIVE_INFINITY)
    if (ttl > creation_ttl / 2) return this.#lookAgainIn(ttl - creation_ttl / 2)
    await this.#renew(ttl, renewable)
  }

  async #renew(ttl: number, renewable: boolean): Promise<void> {
    const renewed = renewable && (await this.#call('POST', 'auth/token/renew-self')).status === 200
    if (!renewed && !this.#warned)
      this.#means.report(
        `The token in ${this.#name} cannot be renewed and expires in ${Math.round(ttl)} seconds.`,
      )
    this.#warned = !renewed
    // After a renewal the next reading looks up the new time; without one, the token is used to its end.
    this.#lookAgainIn(renewed ? 0 : ttl)
  }

  #lookAgainIn(seconds: number): void {
    this.#look_again_at = this.#means.now() + seconds * 1_000
  }
}
