import type { Channel, Message, User } from '../../src/contracts/resources.ts'
import { contractOf } from './contract.ts'
import { until } from './streams.ts'
import { noteCookies, noteSecret, noteSecretsOf } from './used-secrets.ts'

export interface Answer<T = unknown> {
  status: number
  body: T
  headers: Headers
}

interface SignedIn {
  user: { id: string }
  memberships: { org: { id: string; slug: string }; user_id: string }[]
}

/** A person's browser without a browser: keeps cookies, sends the CSRF token. */
export class Person {
  readonly url: string
  readonly cookies = new Map<string, string>()
  /** As a member of {@link org}. */
  user_id = ''
  org = ''

  constructor(url: string) {
    this.url = url
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const csrf = [...this.cookies].find(([name]) => name.endsWith('mc_csrf'))?.[1]
    noteSecretsOf(body)
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(this.cookies.size > 0 ? { Cookie: this.cookieHeader } : {}),
        ...(csrf ? { 'X-CSRF-Token': csrf } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    noteCookies(answer.headers.getSetCookie())
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (name === undefined) continue
      if (value) this.cookies.set(name, value)
      else this.cookies.delete(name)
    }
    return await checked<T>(method, answer, this.url + path)
  }

  /** The same below the person's org. */
  async in<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<T>> {
    return await this.call<T>(method, `/api/v1/orgs/${this.org}${path}`, body, headers)
  }

  adopt(answer: Answer<SignedIn>): this {
    if (answer.status >= 300)
      throw new Error(`sign-in failed: ${answer.status} ${JSON.stringify(answer.body)}`)
    const [first] = answer.body.memberships
    this.user_id = first?.user_id ?? answer.body.user.id
    this.org = first?.org.slug ?? ''
    return this
  }

  async signIn(email: string, password: string): Promise<this> {
    return this.adopt(await this.call<SignedIn>('POST', '/auth/password', { email, password }))
  }
}

/** An agent: a key, REST, no cookies. */
export class Agent {
  readonly url: string
  readonly org: string
  readonly key: string
  readonly user: User

  constructor(url: string, org: string, key: string, user: User) {
    this.url = url
    this.org = org
    this.key = key
    this.user = user
  }

  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.key}` }
  }

  async in<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const url = `${this.url}/api/v1/orgs/${this.org}${path}`
    const answer = await fetch(url, {
      method,
      headers: {
        ...this.headers,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return await checked<T>(method, answer, url)
  }
}

/** Every answer that a test sees is held against the API document. */
async function checked<T>(method: string, answer: Response, url: string): Promise<Answer<T>> {
  const body = await bodyOf(answer)
  noteSecretsOf(body)
  const contract = await contractOf(new URL(url).origin)
  contract.check(method, url, answer.status, body, answer.headers.get('content-type'))
  return { status: answer.status, body: body as T, headers: answer.headers }
}

async function bodyOf(answer: Response): Promise<unknown> {
  const text = await answer.text()
  if (text === '') return undefined
  return answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
}

export const PASSWORD = 'a quiet harbour 42'
noteSecret(PASSWORD)

/** Sets an empty server up; the first administrator is signed in. */
export async function setUp(
  server: { url: string; setup_token: string },
  org_slug = 'fieldnote',
): Promise<Person> {
  const person = new Person(server.url)
  // It is printed right after the server listens.
  await until(() => server.setup_token !== '')
  return person.adopt(
    await person.call<SignedIn>('POST', '/auth/setup', {
      token: server.setup_token,
      name: 'Ines Carvalho',
      email: 'ines@example.com',
      password: PASSWORD,
      org_name: 'Fieldnote',
      org_slug,
    }),
  )
}

/** Invites a person and lets it join. */
export async function join(
  admin: Person,
  name: string,
  role: 'administrator' | 'contributor' = 'contributor',
  /** Runs before the invite is accepted: its mail is not sent afterwards. */
  invitedTo: (email: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Person> {
  const email = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '.')}@example.com`
  const invited = await admin.in<User & { invite_url: string }>('POST', '/users', {
    type: 'human',
    email,
    display_name: name,
    role,
  })
  if (invited.status !== 201) throw new Error(`invite failed: ${JSON.stringify(invited.body)}`)
  const token = invited.body.invite_url.split('/').at(-1)
  await invitedTo(email)
  const person = new Person(admin.url)
  return person.adopt(
    await person.call<SignedIn>('POST', `/auth/invites/${token}/accept`, { password: PASSWORD }),
  )
}

export async function addAgent(
  admin: Person,
  identifier: string,
  role: 'administrator' | 'contributor' = 'contributor',
): Promise<Agent> {
  const made = await admin.in<User & { api_key: string }>('POST', '/users', {
    type: 'agent',
    identifier,
    display_name: identifier,
    role,
  })
  if (made.status !== 201) throw new Error(`agent failed: ${JSON.stringify(made.body)}`)
  return new Agent(admin.url, admin.org, made.body.api_key, made.body)
}

export async function generalChannel(person: Pick<Person, 'in'>): Promise<Channel> {
  const { status, body } = await person.in<{ data: Channel[] }>('GET', '/channels')
  if (status !== 200) throw new Error(`channels failed: ${status} ${JSON.stringify(body)}`)
  const general = body.data.find((channel) => channel.name === 'general')
  if (!general) throw new Error('no channel general')
  return general
}

export type { Channel, Message, User }
