/** A person as SCIM's User (RFC 7643, section 4.1): what is taken over of what a provider sends, and what is answered. */
import type { Role, UserStatus } from '../../contracts/vocabulary.ts'
import { get, isJson, type Json } from './json.ts'
import type { Shape } from './patch.ts'
import { badRequest } from './refusal.ts'
import { GROUPS } from './role-groups.ts'

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** What a provider names a person: kept as it came, and of no effect here. */
export interface ScimNames {
  user_name: string
  external_id: string | null
  formatted: string | null
  given_name: string | null
  family_name: string | null
}

/** A person as a provider wants it. */
export interface ScimPerson extends ScimNames {
  display_name: string
  /** Addresses, the one to use first. Empty when none was sent. */
  emails: string[]
  active: boolean
}

/** A person as it is stored; one that no provider has written has no names of one. */
export interface ScimMember extends Omit<ScimNames, 'user_name'> {
  id: string
  user_name: string | null
  role: Role
  status: UserStatus
  display_name: string
  email: string
  created_at: string
  updated_at: string
}

export const USER_SHAPE: Shape = {
  multi_valued: [
    'emails',
    'phoneNumbers',
    'addresses',
    'ims',
    'photos',
    'roles',
    'entitlements',
    'x509Certificates',
  ],
  complex: ['name'],
  read_only: ['id', 'meta', 'groups'],
}

export function userResource(
  { id, role, status, display_name, email, ...member }: ScimMember,
  base_url: string,
): Json {
  const { user_name, external_id, formatted, given_name, family_name, created_at, updated_at } = member
  const name = given({ formatted, givenName: given_name, familyName: family_name })
  const group = GROUPS[role]
  return {
    schemas: [USER_SCHEMA],
    id,
    ...given({ externalId: external_id }),
    userName: user_name ?? email,
    ...(Object.keys(name).length > 0 ? { name } : {}),
    displayName: display_name,
    active: status !== 'deactivated',
    emails: [{ value: email, type: 'work', primary: true }],
    groups: [
      {
        value: group.id,
        $ref: `${base_url}/Groups/${group.id}`,
        display: group.display_name,
        type: 'direct',
      },
    ],
    meta: {
      resourceType: 'User',
      created: created_at,
      lastModified: updated_at,
      location: `${base_url}/Users/${id}`,
    },
  }
}

/** Whether a provider names a person as it did before. */
export function sameNames(
  a: Omit<ScimNames, 'user_name'> & { user_name: string | null },
  b: ScimNames,
): boolean {
  const fields = ['user_name', 'external_id', 'formatted', 'given_name', 'family_name'] as const
  return fields.every((field) => a[field] === b[field])
}

function given(fields: Record<string, string | null>): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

/** Reads a whole User; attributes that are not known here are left aside. Throws `invalidValue`. */
export function readUser(body: unknown): ScimPerson {
  if (!isJson(body)) throw badRequest('invalidSyntax', 'A User is an object.')
  const user_name = textAt(body, 'userName')
  if (user_name === null) throw badRequest('invalidValue', 'A User has a "userName".')
  const name = get(body, 'name')
  const names: Json = isJson(name) ? name : {}
  const [formatted, given_name, family_name] = ['formatted', 'givenName', 'familyName'].map((part) =>
    textAt(names, part),
  ) as [string | null, string | null, string | null]
  const emails = addressesAt(body)
  const whole = [given_name, family_name].filter((part) => part !== null).join(' ')
  const display_name =
    textAt(body, 'displayName') ??
    formatted ??
    (whole === '' ? (user_name.split('@')[0] ?? user_name) : whole)
  return {
    user_name,
    external_id: textAt(body, 'externalId'),
    formatted,
    given_name,
    family_name,
    display_name,
    emails,
    active: isActive(get(body, 'active')),
  }
}

/** The address that a new person is invited at. Throws `invalidValue` when there is none. */
export function addressOf({ emails, user_name }: ScimPerson): string {
  const address = emails[0] ?? (user_name.includes('@') ? user_name : undefined)
  if (address === undefined)
    throw badRequest('invalidValue', 'A User has an address in "emails", or one as its "userName".')
  return address
}

/** Addresses that are sent must have the known one. Throws `mutability`. */
export function checkAddress({ emails }: ScimPerson, { email }: Pick<ScimMember, 'email'>): void {
  if (emails.length === 0 || emails.some((one) => one.toLowerCase() === email.toLowerCase())) return
  throw badRequest('mutability', 'The address of a member is its own: a provider does not change it.')
}

function textAt(object: Json, name: string): string | null {
  const value = get(object, name)
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw badRequest('invalidValue', `"${name}" is a text.`)
  return value
}

/** The primary address, then those of work, then the others. */
function addressesAt(body: Json): string[] {
  const values = get(body, 'emails')
  if (values === undefined || values === null) return []
  if (!Array.isArray(values)) throw badRequest('invalidValue', '"emails" is a list.')
  const rank = (one: Json) => (get(one, 'primary') === true ? 0 : get(one, 'type') === 'work' ? 1 : 2)
  const emails = values.map((one) => (isJson(one) ? one : { value: one }))
  return emails.toSorted((a, b) => rank(a) - rank(b)).flatMap((one) => textAt(one, 'value') ?? [])
}

/** Some providers send the word as a text. */
function isActive(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (word === 'true' || word === 'false') return word === 'true'
  throw badRequest('invalidValue', '"active" is true or false.')
}
