/** An identity provider: SCIM calls of one organization under one token. */
import type { Person } from './client.ts'

// biome-ignore lint/suspicious/noExplicitAny: the JSON of the protocol, whose form is what the tests are about
export type Json = Record<string, any>

export interface ScimAnswer {
  status: number
  body: Json
  headers: Headers
}

export class Provider {
  readonly base_url: string
  token: string

  constructor(url: string, org: string, token: string) {
    this.base_url = `${url}/api/v1/orgs/${org}/scim/v2`
    this.token = token
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ScimAnswer> {
    const answer = await fetch(this.base_url + path, {
      method,
      headers: {
        ...(this.token === '' ? {} : { Authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (text !== '' && !answer.headers.get('content-type')?.startsWith('application/scim+json'))
      throw new Error(
        `${method} ${path}: not SCIM: ${answer.headers.get('content-type')} ${text.slice(0, 200)}`,
      )
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text), headers: answer.headers }
  }

  get = (path: string, headers?: Record<string, string>) => this.call('GET', path, undefined, headers)
  post = (path: string, body: unknown) => this.call('POST', path, body)
  put = (path: string, body: unknown, headers?: Record<string, string>) =>
    this.call('PUT', path, body, headers)
  delete = (path: string) => this.call('DELETE', path)

  patch(path: string, ...Operations: Json[]): Promise<ScimAnswer> {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
    return this.call('PATCH', path, { schemas, Operations })
  }

  /** Users that fit a filter. */
  async find(filter: string): Promise<Json[]> {
    const { status, body } = await this.get(`/Users?filter=${encodeURIComponent(filter)}`)
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body.Resources
  }
}

/** A provider with a new token of this administrator. */
export async function provider(
  admin: Person,
  name = 'Our directory',
): Promise<Provider & { token_id: string }> {
  const { status, body } = await admin.in<{ id: string; token: string }>('POST', '/scim-tokens', { name })
  if (status !== 201) throw new Error(`no token: ${status} ${JSON.stringify(body)}`)
  return Object.assign(new Provider(admin.url, admin.org, body.token), { token_id: body.id })
}

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** As a provider creates one. */
export function newUser(name: string, more: Json = {}): Json {
  const [givenName = '', familyName = ''] = name.split(' ')
  const userName = `${givenName}.${familyName}@example.com`.toLowerCase()
  return {
    schemas: [USER],
    userName,
    name: { givenName, familyName },
    displayName: name,
    active: true,
    ...more,
  }
}

/** The full User of RFC 7643, section 8.2, shortened by photos and addresses alone. */
export const RFC_USER: Json = {
  schemas: [USER],
  id: '2819c223-7f76-453a-919d-413861904646',
  externalId: '701984',
  userName: 'bjensen@example.com',
  name: {
    formatted: 'Ms. Barbara J Jensen, III',
    familyName: 'Jensen',
    givenName: 'Barbara',
    middleName: 'Jane',
    honorificPrefix: 'Ms.',
    honorificSuffix: 'III',
  },
  displayName: 'Babs Jensen',
  nickName: 'Babs',
  profileUrl: 'https://login.example.com/bjensen',
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
  phoneNumbers: [{ value: '555-555-5555', type: 'work' }],
  ims: [{ value: 'someaimhandle', type: 'aim' }],
  userType: 'Employee',
  title: 'Tour Guide',
  preferredLanguage: 'en-US',
  locale: 'en-US',
  timezone: 'America/Los_Angeles',
  active: true,
  password: 't1meMa$heen',
  groups: [
    {
      value: 'e9e30dba-f08f-4109-8486-d5c6a331660a',
      $ref: 'https://example.com/v2/Groups/e9e30dba-f08f-4109-8486-d5c6a331660a',
      display: 'Tour Guides',
    },
  ],
  meta: {
    resourceType: 'User',
    created: '2010-01-23T04:56:22Z',
    lastModified: '2011-05-13T04:42:34Z',
    version: 'W/"a330bc54f0671c9"',
    location: 'https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646',
  },
}
