import { Type } from '@sinclair/typebox'
import { sessionCookies } from '../../../auth/cookies.ts'
import { passwordProblem } from '../../../auth/passwords.ts'
import type { Started } from '../../../auth/sessions.ts'
import { invalid } from '../../../contracts/errors.ts'
import { Org } from '../../../contracts/resources.ts'
import { Closed, Timestamp, Uuid } from '../../../contracts/schema.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import type { Deps } from '../../deps.ts'
import type { Answer } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'

export const TAG = 'Sign-in'

export const SignedIn = Closed({
  user: Closed({ id: Uuid(), display_name: Type.String(), email: Type.String() }),
  memberships: Type.Array(
    Closed({
      org: Closed({ id: Uuid(), slug: Type.String(), name: Type.String() }),
      role: Org.properties.role,
    }),
  ),
  session: Closed({ id: Uuid(), expires_at: Timestamp() }),
  token: Type.Optional(Type.String({ description: 'Only with `"token_response": true`.' })),
})

type Person = Pick<Account, 'id' | 'display_name' | 'email'>

/** The end of every sign-in, whatever proved the identity: session, cookies, security record, answer. */
export class SignIn {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Starts a session; the answer carries both cookies and, when asked for, the token. */
  async start(
    person: Person,
    call: { request: Request; ip: string; body: { token_response?: boolean } },
    status = 200,
  ): Promise<Answer> {
    const { sessions } = this.#deps
    const from = { ip: call.ip, user_agent: userAgent(call.request) }
    const started = await sessions.start(person.id, from)
    const body = await this.whoAmI(person, started.session_id, started.session_expires_at)
    const payload = { user_id: person.id, method: 'password' } as const
    await recordSignIn(this.#deps, person, { type: 'auth.login_success', payload }, from)
    const token = call.body.token_response ? { token: started.token } : {}
    return { ...this.withCookies(started, { ...body, ...token }), status }
  }

  /** The person, its active memberships and its session, as {@link SignedIn}. `expires_at` is milliseconds since 1970. */
  async whoAmI({ id, display_name, email }: Person, session_id: string, expires_at: number) {
    const rows = await this.#deps.accounts.memberships(id)
    return {
      user: { id, display_name, email },
      memberships: rows
        .filter((row) => row.status === 'active')
        .map((row) => ({ org: { id: row.org_id, slug: row.slug, name: row.name }, role: row.role })),
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

/** Browser of a request, cut to the length that is stored. */
export function userAgent(request: Request): string {
  return (request.headers.get('user-agent') ?? '').slice(0, 300)
}

/** Throws 400 when a new password is too weak for this person. */
export function checkPassword(password: string, about: { email: string; name: string }): void {
  const problem = passwordProblem(password, about)
  if (problem) throw invalid({ path: '/password', message: problem })
}
