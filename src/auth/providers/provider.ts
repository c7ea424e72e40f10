import { isEmail } from '../../contracts/addresses.ts'
import type { ProviderId } from '../../contracts/vocabulary.ts'

/** Random values that bind the answer of a provider to one sign-in flow of one browser. */
export interface FlowSecrets {
  state: string
  /** Comes back inside of the ID token. */
  nonce: string
  /** PKCE (RFC 7636): whoever exchanges the code must know it. */
  code_verifier: string
}

/** A verified statement of a provider about a person. */
export interface ProvenIdentity {
  /** Issuer and subject are the identity, never the e-mail. */
  issuer: string
  subject: string
  email: string | null
  /** Whether the provider says that the person owns the address. */
  email_verified: boolean
  name: string | null
  /** Address of the person's picture. */
  picture: string | null
  /** Domain of the person's Google Workspace. */
  hosted_domain: string | null
}

/** A sign-in provider. Both calls throw {@link ProviderFailure} and end within the deadline of the exchange. */
export interface SignInProvider {
  id: ProviderId
  /** For the sign-in page. */
  name: string
  /** Origin of the provider, which the operator chose: the server may ask it for pictures, wherever it is. */
  home: string
  /** The page of the provider that a browser is sent to. */
  authorizationUrl(secrets: FlowSecrets): Promise<URL>
  /** The identity that the parameters of the provider's answer stand for. */
  identity(answer: URLSearchParams, secrets: FlowSecrets): Promise<ProvenIdentity>
}

/** `cancelled` by the person; `refused`: the answer is not valid; `unavailable`: no answer, or none that can be read. */
export type ProviderProblem = 'cancelled' | 'refused' | 'unavailable'

/** A failed sign-in at a provider. The message is for the server log; it holds no secret. */
export class ProviderFailure extends Error {
  readonly problem: ProviderProblem

  constructor(problem: ProviderProblem, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ProviderFailure'
    this.problem = problem
  }
}

/** Errors of the answer by which a person said no (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6). */
const CANCELLED = new Set(['access_denied', 'interaction_required', 'login_required', 'consent_required'])

const CODE_MAX = 4_096

/** The authorization code of an answer. Throws for an error in place of it. */
export function codeOf(answer: URLSearchParams): string {
  const error = answer.get('error')
  if (error !== null)
    throw new ProviderFailure(
      CANCELLED.has(error) ? 'cancelled' : 'refused',
      `The provider answered ${JSON.stringify(error.slice(0, 100))}`,
    )
  const code = answer.get('code') ?? ''
  if (code === '' || code.length > CODE_MAX || answer.getAll('code').length > 1)
    throw new ProviderFailure('refused', 'The answer has no usable code')
  return code
}

/** An address that could be one; anything else is none. */
export function emailOf(value: unknown): string | null {
  return typeof value === 'string' && isEmail(value) ? value : null
}

/** A name as the provider wrote it. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}
