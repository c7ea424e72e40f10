import { CodeChallengeMethod, OAuth2Client } from 'arctic'
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { ProviderId } from '../../contracts/vocabulary.ts'
import { sameText } from '../same-text.ts'
import { EXCHANGE_MS, fetchBounded, fetchJson } from './fetch.ts'
import {
  codeOf,
  emailOf,
  type FlowSecrets,
  type ProvenIdentity,
  ProviderFailure,
  type SignInProvider,
  textOf,
} from './provider.ts'

/** Asymmetric only: with `none` or an HMAC anybody could make a token from what is public (RFC 8725 §2.1). */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Clocks may differ by two minutes; the rest is the way of the answer. */
const CLOCK_TOLERANCE_S = 150

const DISCOVERED_FOR_MS = 60 * 60 * 1000
const KEYS_FOR_MS = 10 * 60 * 1000

const SUBJECT_MAX = 255
/** What can be stored and compared as it is; ASCII by the standard (OpenID Connect Core §2). */
const SUBJECT = /^[^\p{Cc}\p{Cs}]+$/u

/** What is used of a provider's description (OpenID Connect Discovery §3). */
interface Metadata {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  userinfo_endpoint: string | undefined
  /** The token endpoint takes the client secret in the body only. */
  secret_in_body: boolean
  /** Answers carry `iss` (RFC 9207). */
  names_issuer: boolean
  keys: JWTVerifyGetKey
  read_at: number
}

interface OpenIdOptions {
  id: ProviderId
  name: string
  issuer: string
  client_id: string
  client_secret: string
  redirect_uri: string
}

/**
 * Any OpenID Connect provider, found by discovery. Everything that an ID token says is verified here: signature by a key of
 * the issuer, algorithm, issuer, audience, expiry, nonce (OpenID Connect Core §3.1.3.7).
 */
export class OpenIdProvider implements SignInProvider {
  readonly id: ProviderId
  readonly name: string
  readonly home: string
  readonly #options: OpenIdOptions
  readonly #client: OAuth2Client
  readonly #now: () => number
  #metadata: Metadata | undefined

  constructor(options: OpenIdOptions, now: () => number) {
    this.id = options.id
    this.name = options.name
    this.home = new URL(options.issuer).origin
    this.#options = options
    this.#client = new OAuth2Client(options.client_id, options.client_secret, options.redirect_uri)
    this.#now = now
  }

  async authorizationUrl({ state, nonce, code_verifier }: FlowSecrets): Promise<URL> {
    const { authorization_endpoint } = await this.#discover(AbortSignal.timeout(EXCHANGE_MS))
    const url = this.#client.createAuthorizationURLWithPKCE(
      authorization_endpoint,
      state,
      CodeChallengeMethod.S256,
      code_verifier,
      ['openid', 'email', 'profile'],
    )
    url.searchParams.set('nonce', nonce)
    return url
  }

  async identity(answer: URLSearchParams, { nonce, code_verifier }: FlowSecrets): Promise<ProvenIdentity> {
    const deadline = AbortSignal.timeout(EXCHANGE_MS)
    const metadata = await this.#discover(deadline)
    checkIssuer(answer, metadata)
    const tokens = await this.#exchange(metadata, codeOf(answer), code_verifier, deadline)
    const claims = await this.#verified(metadata, tokens.id_token, nonce)
    const about =
      claims.email === undefined ? await userInfo(metadata, tokens.access_token, claims, deadline) : {}
    // The address and its proof come from one statement: a proof in the token says nothing of an address beside it.
    const { email, email_verified } = claims.email === undefined ? about : claims
    const { name, preferred_username, picture } = { ...about, ...claims }
    return {
      issuer: metadata.issuer,
      subject: claims.sub,
      email: emailOf(email),
      // Some providers write the boolean as text.
      email_verified: email_verified === true || email_verified === 'true',
      name: textOf(name) ?? textOf(preferred_username),
      picture: textOf(picture),
      hosted_domain: this.id === 'google' ? textOf(claims.hd) : null,
    }
  }

  async #discover(deadline: AbortSignal): Promise<Metadata> {
    if (this.#metadata && this.#now() - this.#metadata.read_at < DISCOVERED_FOR_MS) return this.#metadata
    const { issuer } = this.#options
    const address = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`
    const { status, body } = await fetchJson(address, {}, deadline)
    if (status !== 200) throw new ProviderFailure('unavailable', `Discovery answered ${status}`)
    // A description that names another issuer is that of another provider; people write the last slash or not.
    if (typeof body.issuer !== 'string' || bare(body.issuer) !== bare(issuer))
      throw new ProviderFailure('refused', 'Discovery names another issuer')
    const endpoint = (name: string) => this.#endpoint(body[name], name)
    const methods = body.token_endpoint_auth_methods_supported
    this.#metadata = {
      issuer: body.issuer,
      authorization_endpoint: endpoint('authorization_endpoint'),
      token_endpoint: endpoint('token_endpoint'),
      userinfo_endpoint: body.userinfo_endpoint === undefined ? undefined : endpoint('userinfo_endpoint'),
      secret_in_body: Array.isArray(methods) && !methods.includes('client_secret_basic'),
      names_issuer: body.authorization_response_iss_parameter_supported === true,
      keys: keysAt(endpoint('jwks_uri')),
      read_at: this.#now(),
    }
    return this.#metadata
  }

  #endpoint(value: unknown, name: string): string {
    const url = typeof value === 'string' ? URL.parse(value) : null
    const plain = this.#options.issuer.startsWith('http:')
    if (url?.protocol === 'https:' || (plain && url?.protocol === 'http:')) return url.href
    throw new ProviderFailure('refused', `Discovery has no usable ${name}`)
  }

  async #exchange(
    { token_endpoint, secret_in_body }: Metadata,
    code: string,
    code_verifier: string,
    deadline: AbortSignal,
  ): Promise<{ id_token: string; access_token: unknown }> {
    const { client_id, client_secret, redirect_uri } = this.#options
    const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri, code_verifier })
    const headers: Record<string, string> = {}
    if (secret_in_body) {
      body.set('client_id', client_id)
      body.set('client_secret', client_secret)
    } else headers.Authorization = `Basic ${basic(client_id, client_secret)}`
    const { status, body: tokens } = await fetchJson(
      token_endpoint,
      { method: 'POST', body, headers },
      deadline,
    )
    if (status !== 200 || typeof tokens.id_token !== 'string') {
      const error = typeof tokens.error === 'string' ? tokens.error.slice(0, 100) : 'no ID token'
      throw new ProviderFailure(
        status >= 500 ? 'unavailable' : 'refused',
        `The token endpoint answered ${status}: ${JSON.stringify(error)}`,
      )
    }
    return { id_token: tokens.id_token, access_token: tokens.access_token }
  }

  async #verified(
    { issuer, keys }: Metadata,
    id_token: string,
    nonce: string,
  ): Promise<JWTPayload & { sub: string }> {
    const { client_id } = this.#options
    const now = this.#now()
    let claims: JWTPayload
    try {
      const verified = await jwtVerify(id_token, keys, {
        issuer,
        audience: client_id,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(now),
        requiredClaims: ['sub', 'iat', 'exp', 'nonce'],
      })
      claims = verified.payload
    } catch (error) {
      if (error instanceof ProviderFailure) throw error
      const problem = error instanceof errors.JWKSTimeout ? 'unavailable' : 'refused'
      throw new ProviderFailure(problem, `The ID token is not valid: ${reasonOf(error)}`)
    }
    const { sub, iat = Infinity, azp } = claims
    const refuse = (why: string) => new ProviderFailure('refused', `The ID token is not valid: ${why}`)
    if (typeof claims.nonce !== 'string' || !sameText(claims.nonce, nonce)) throw refuse('nonce')
    if (typeof sub !== 'string' || sub.length > SUBJECT_MAX || !SUBJECT.test(sub)) throw refuse('sub')
    if (iat > now / 1000 + CLOCK_TOLERANCE_S) throw refuse('issued in the future')
    if (azp === undefined ? Array.isArray(claims.aud) && claims.aud.length > 1 : azp !== client_id)
      throw refuse('issued to another client')
    return { ...claims, sub }
  }
}

/**
 * Keys of an issuer, read again when a token names an unknown one: a rotation needs no restart. Only a provider's own token
 * gets here, so that nobody else makes this server ask.
 */
function keysAt(address: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(address), {
    cacheMaxAge: KEYS_FOR_MS,
    cooldownDuration: 0,
    timeoutDuration: EXCHANGE_MS,
    [customFetch]: (url, { method, headers, signal }) => fetchBounded(url, { method, headers }, signal),
  })
}

/** A mix-up answer comes from another provider than the one that was asked (RFC 9207). */
function checkIssuer(answer: URLSearchParams, { issuer, names_issuer }: Metadata): void {
  const named = answer.get('iss')
  if (named === null ? names_issuer : named !== issuer)
    throw new ProviderFailure('refused', 'The answer comes from another issuer')
}

/** Claims that the ID token leaves out, as it may when there is an access token (OpenID Connect Core §5.4). */
async function userInfo(
  { userinfo_endpoint }: Metadata,
  access_token: unknown,
  { sub }: { sub: string },
  deadline: AbortSignal,
): Promise<Record<string, unknown>> {
  if (userinfo_endpoint === undefined || typeof access_token !== 'string') return {}
  const headers = { Authorization: `Bearer ${access_token}` }
  const { status, body } = await fetchJson(userinfo_endpoint, { headers }, deadline)
  if (status !== 200) throw new ProviderFailure('unavailable', `The userinfo endpoint answered ${status}`)
  // Without this check the claims of somebody else could be given (§5.3.2).
  if (body.sub !== sub) throw new ProviderFailure('refused', 'The userinfo endpoint speaks of another person')
  return body
}

/** Both are form-encoded first (RFC 6749 §2.3.1). */
function basic(client_id: string, client_secret: string): string {
  const encoded = [client_id, client_secret].map((text) => encodeURIComponent(text).replaceAll('%20', '+'))
  return Buffer.from(encoded.join(':')).toString('base64')
}

const bare = (issuer: string) => issuer.replace(/\/$/, '')

/** A verification error without the token. */
function reasonOf(error: unknown): string {
  return error instanceof errors.JOSEError ? `${error.code} ${error.message}` : String(error)
}
