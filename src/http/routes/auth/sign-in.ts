import { Type } from '@sinclair/typebox'
import { sessionCookies } from '../../../auth/cookies.ts'
import { type PasswordHashes, passwordProblem } from '../../../auth/passwords.ts'
import { SECOND_STEP_MS, spentName } from '../../../auth/second-steps.ts'
import type { Started } from '../../../auth/sessions.ts'
import { ApiError, invalid } from '../../../contracts/errors.ts'
import { Org } from '../../../contracts/resources.ts'
import { Closed, Nullable, OneOf, Timestamp, Uuid } from '../../../contracts/schema.ts'
import type { SignInWay } from '../../../contracts/sign-in.ts'
import { LANGUAGES, type SignInProof } from '../../../contracts/vocabulary.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import { entered } from '../../../domain/credentials.ts'
import type { Deps } from '../../deps.ts'
import type { Answer } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'

export const TAG = 'Sign-in'

export const SignedIn = Closed({
  user: Closed({
    id: Uuid('The account.'),
    display_name: Type.String(),
    email: Type.String(),
    language: Nullable(OneOf(LANGUAGES)),
  }),
  memberships: Type.Array(
    Closed({
      org: Closed({ id: Uuid(), slug: Type.String(), name: Type.String() }),
      user_id: Uuid('The member that one is there; members, messages and events carry this id.'),
      display_name: Type.String(),
      role: Org.properties.role,
    }),
  ),
  session: Closed({ id: Uuid(), expires_at: Timestamp() }),
  token: Type.Optional(Type.String({ description: 'Only with `"token_response": true`.' })),
})

/** The answer to a right password: signed in, or the second step where the account has a second factor. */
export const SignedInOrStep = Type.Union([
  SignedIn,
  Closed({
    second_factor: Closed({
      token: Type.String({ description: 'For `POST /auth/second-factor/verify`.' }),
      expires_at: Timestamp(),
    }),
  }),
])
/** Where a sign-in goes on that a provider has to finish. */
export const ContinueAt = Closed({
  continue_at: Type.String({ description: 'Page of the provider, to be opened by the same browser.' }),
})

/** Of whoever signs in by what is kept here: a password, a link in place of it, a passkey. */
const BY_PASSWORD: SignInWay = { method: 'password', hosted_domain: null }

type Person = Pick<Account, 'id' | 'display_name' | 'email' | 'language'>
type From = { request: Request; ip: string; body: { token_response?: boolean } }

/** The end of every sign-in, whatever proved the identity: session, cookies, security record, answer. */
export class SignIn {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** After a right password: starts a session, unless the account has a second factor. */
  async start(person: Person, call: From, status = 200): Promise<Answer> {
    const step = await this.#secondStep(person.id)
    return step ? { body: step } : await this.begin(person, call, { method: 'password', status })
  }

  /** The account of a second step that is under way; undefined when it is over, or the password has changed since. */
  async accountOfStep(token: string): Promise<Account | undefined> {
    const step = this.#deps.readSecondStep(token)
    const account = step && (await this.#deps.accounts.byId(step.account_id))
    return account?.status === 'active' && passwordMark(account) === step?.password ? account : undefined
  }

  /** After the second step, whose token is used up. */
  async finish(account: Account, token: string, call: From): Promise<Answer> {
    if (!(await this.#deps.spend(token, SECOND_STEP_MS)))
      throw new ApiError('INVALID_CREDENTIALS', 'The sign-in took too long. Begin again.')
    return await this.begin(account, call, { method: 'password' })
  }

  async #secondStep(account_id: string) {
    const { accounts, second_factors, signSecondStep } = this.#deps
    if (!(await second_factors.isOn(account_id))) return undefined
    const account = await accounts.byId(account_id)
    if (!account) throw new Error('unreachable: the account was just read')
    const token = signSecondStep({ account_id, password: passwordMark(account) })
    return { second_factor: { token, expires_at: new Date(Date.now() + SECOND_STEP_MS).toISOString() } }
  }

  /** Starts a session; the answer carries both cookies and, when asked for, the token. */
  async begin(
    person: Person,
    call: From,
    { method, status = 200 }: { method: SignInProof; status?: number },
  ): Promise<Answer> {
    const { started, cookies } = await this.open(person, call, { method, way: BY_PASSWORD })
    const { session_id, session_expires_at } = started
    const body = await this.whoAmI(person, {
      session_id,
      opened_at: Infinity,
      expires_at: session_expires_at,
      way: BY_PASSWORD,
    })
    const token = call.body.token_response ? { token: started.token } : {}
    return { body: { ...body, ...token }, cookies, status }
  }

  /** Starts a session, whatever proved the identity, and records it. */
  async open(
    person: Pick<Person, 'id'>,
    call: { request: Request; ip: string },
    { method, way }: { method: SignInProof; way: SignInWay },
  ): Promise<{ started: Started; cookies: readonly string[] }> {
    const { sessions, devices } = this.#deps
    const from = { ip: call.ip, user_agent: userAgent(call.request) }
    const started = await sessions.start(person.id, from, way)
    const content = { type: 'auth.login_success', payload: { method } } as const
    await recordSignIn(this.#deps, person.id, content, from)
    const { cookies = [] } = this.withCookies(started, undefined)
    const device = devices.cookie(devices.of(call.request.headers.get('cookie')), person.id)
    return { started, cookies: [...cookies, device] }
  }

  /** The person, the memberships that its session enters, and the session, as {@link SignedIn}. Times in milliseconds. */
  async whoAmI(
    { id, display_name, email, language }: Person,
    {
      session_id,
      opened_at,
      expires_at,
      way,
    }: { session_id: string; opened_at: number; expires_at: number; way: SignInWay | undefined },
  ) {
    const rows = entered(await this.#deps.accounts.memberships(id), { opened_at, way })
    return {
      user: { id, display_name, email, language },
      memberships: rows.map(({ org_id, slug, name, user_id, display_name, role }) => ({
        org: { id: org_id, slug, name },
        user_id,
        display_name,
        role,
      })),
      session: { id: session_id, expires_at: new Date(expires_at).toISOString() },
    }
  }

  /** `body` with the cookies of the session: the token for the server, the CSRF token for scripts. */
  withCookies(started: Started, body: unknown): Answer {
    const { csrfToken, cookies } = this.#deps
    const max_age_s = Math.max(1, Math.floor((started.session_expires_at - Date.now()) / 1000))
    const csrf = csrfToken(started.session_id)
    return { body, cookies: sessionCookies(cookies, { token: started.token, csrf, max_age_s }) }
  }
}

/** Tells whether the password is the same still, and nothing else about it. */
function passwordMark({ password_hash }: Account): string {
  return spentName(password_hash ?? '').slice(0, 16)
}

/** Browser of a request, cut to the length that is stored. */
export function userAgent(request: Request): string {
  return (request.headers.get('user-agent') ?? '').slice(0, 300)
}

/** Throws 400 when a new password is too weak for this person. */
export function checkPassword(
  password: string,
  about: { email: string; name: string },
  path = '/password',
): void {
  const problem = passwordProblem(password, about)
  if (problem) throw invalid({ path, message: problem })
}

/**
 * The account of an address that a password opens, with the hashes that the password may have. The same work whether the
 * address has no account, one or several, so that the duration tells nothing.
 */
export async function accountOf(
  { accounts, passwords }: Pick<Deps, 'accounts' | 'passwords'>,
  { email, password }: { email: string; password: string },
): Promise<{ account: Account | undefined; hashes: PasswordHashes; current_hash: string }> {
  const other_salts = await accounts.salts(email, passwords.salt(email))
  const hashes = await passwords.hashes(email, password, other_salts)
  return { account: await accounts.byPassword(email, hashes), hashes, current_hash: hashes[0] }
}
