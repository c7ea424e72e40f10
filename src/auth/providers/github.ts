import { CodeChallengeMethod, OAuth2Client } from 'arctic'
import { EXCHANGE_MS, fetchAny, fetchJson } from './fetch.ts'
import {
  codeOf,
  emailOf,
  type FlowSecrets,
  type ProvenIdentity,
  ProviderFailure,
  type SignInProvider,
  textOf,
} from './provider.ts'

const GITHUB = 'https://github.com'

interface GitHubOptions {
  /** Address of GitHub, or of a GitHub Enterprise Server. */
  url: string | undefined
  client_id: string
  client_secret: string
  redirect_uri: string
}

/**
 * GitHub: plain OAuth without an ID token. The identity is the numeric user id, which a renamed account keeps and nobody
 * gets again.
 */
export class GitHubProvider implements SignInProvider {
  readonly id = 'github'
  readonly name = 'GitHub'
  readonly home: string
  readonly #options: GitHubOptions
  readonly #client: OAuth2Client
  readonly #url: string
  readonly #api: string

  constructor(options: GitHubOptions) {
    this.#options = options
    this.#url = (options.url ?? GITHUB).replace(/\/+$/, '')
    this.home = new URL(this.#url).origin
    this.#api = this.#url === GITHUB ? 'https://api.github.com' : `${this.#url}/api/v3`
    this.#client = new OAuth2Client(options.client_id, options.client_secret, options.redirect_uri)
  }

  async authorizationUrl({ state, code_verifier }: FlowSecrets): Promise<URL> {
    return this.#client.createAuthorizationURLWithPKCE(
      `${this.#url}/login/oauth/authorize`,
      state,
      CodeChallengeMethod.S256,
      code_verifier,
      ['read:user', 'user:email'],
    )
  }

  async identity(answer: URLSearchParams, { code_verifier }: FlowSecrets): Promise<ProvenIdentity> {
    const deadline = AbortSignal.timeout(EXCHANGE_MS)
    const access_token = await this.#exchange(codeOf(answer), code_verifier, deadline)
    const headers = { Accept: 'application/vnd.github+json', Authorization: `Bearer ${access_token}` }
    const user = await fetchJson(`${this.#api}/user`, { headers }, deadline)
    const { id, name, login, avatar_url } = user.body
    if (user.status !== 200 || typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0)
      throw new ProviderFailure('unavailable', `GitHub answered ${user.status} without a user`)
    const emails = await fetchAny(`${this.#api}/user/emails`, { headers }, deadline)
    return {
      issuer: this.#url,
      subject: String(id),
      ...primaryEmail(emails.status === 200 ? emails.body : []),
      name: textOf(name) ?? textOf(login),
      picture: textOf(avatar_url),
      hosted_domain: null,
    }
  }

  /** GitHub answers 200 with an `error` for a code that it does not take. */
  async #exchange(code: string, code_verifier: string, deadline: AbortSignal): Promise<string> {
    const { client_id, client_secret, redirect_uri } = this.#options
    const body = new URLSearchParams({ client_id, client_secret, code, redirect_uri, code_verifier })
    const url = `${this.#url}/login/oauth/access_token`
    const answer = await fetchJson(url, { method: 'POST', body }, deadline)
    const { access_token, error } = answer.body
    if (answer.status === 200 && typeof access_token === 'string') return access_token
    const why = typeof error === 'string' ? error.slice(0, 100) : 'no token'
    throw new ProviderFailure(
      answer.status >= 500 ? 'unavailable' : 'refused',
      `GitHub answered ${answer.status}: ${JSON.stringify(why)}`,
    )
  }
}

function primaryEmail(emails: unknown): Pick<ProvenIdentity, 'email' | 'email_verified'> {
  const rows: unknown[] = Array.isArray(emails) ? emails : []
  for (const row of rows)
    if (
      typeof row === 'object' &&
      row !== null &&
      'primary' in row &&
      row.primary === true &&
      'email' in row
    ) {
      const email = emailOf(row.email)
      return { email, email_verified: email !== null && 'verified' in row && row.verified === true }
    }
  return { email: null, email_verified: false }
}
