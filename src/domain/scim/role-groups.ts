/** The two groups of SCIM here: a role each. Everybody is in exactly one. */
import type { Role } from '../../contracts/vocabulary.ts'
import { get, isJson, type Json } from './json.ts'
import type { Shape } from './patch.ts'
import { badRequest } from './refusal.ts'

export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'

/** Members that one request names. */
const MEMBERS_MAX = 10_000

export interface RoleGroup {
  id: string
  role: Role
  display_name: string
}

export const GROUPS: Readonly<Record<Role, RoleGroup>> = {
  administrator: { id: 'administrators', role: 'administrator', display_name: 'Administrators' },
  contributor: { id: 'contributors', role: 'contributor', display_name: 'Contributors' },
}

export const groupWithId = (id: string): RoleGroup | undefined =>
  Object.values(GROUPS).find((group) => group.id === id)

export const GROUP_SHAPE: Shape = { multi_valued: ['members'], complex: [], read_only: ['id', 'meta'] }

export function groupResource(
  { id, role, display_name }: RoleGroup,
  members: readonly { id: string; role: Role; display_name: string }[],
  base_url: string,
): Json {
  return {
    schemas: [GROUP_SCHEMA],
    id,
    displayName: display_name,
    members: members
      .filter((member) => member.role === role)
      .map((member) => ({
        value: member.id,
        $ref: `${base_url}/Users/${member.id}`,
        display: member.display_name,
        type: 'User',
      })),
    meta: { resourceType: 'Group', location: `${base_url}/Groups/${id}` },
  }
}

/** Ids of the members that a Group is to have. Throws `invalidValue`, and `mutability` for another name. */
export function readGroup(body: unknown, { display_name }: RoleGroup): string[] {
  if (!isJson(body)) throw badRequest('invalidSyntax', 'A Group is an object.')
  const name = get(body, 'displayName')
  if (name !== undefined && name !== display_name)
    throw badRequest('mutability', `The group of this role is called "${display_name}".`)
  const members = get(body, 'members') ?? []
  if (!Array.isArray(members)) throw badRequest('invalidValue', '"members" is a list.')
  if (members.length > MEMBERS_MAX)
    throw badRequest('tooMany', `A group has ${MEMBERS_MAX} members at the most.`)
  const ids = members.map((one) => {
    const value = isJson(one) ? get(one, 'value') : one
    if (typeof value !== 'string')
      throw badRequest('invalidValue', 'A member has the id of a User as "value".')
    return value.toLowerCase()
  })
  return [...new Set(ids)]
}

/** New roles by which a group has exactly these members. Whoever leaves the administrators becomes a contributor. */
export function rolesFor(
  { role }: RoleGroup,
  wanted: readonly string[],
  members: readonly { id: string; role: Role }[],
): { administrators: string[]; contributors: string[] } {
  const named = new Set(wanted)
  const known = new Set(members.map(({ id }) => id))
  const stranger = wanted.find((id) => !known.has(id))
  if (stranger !== undefined)
    throw badRequest('invalidValue', 'A member of the group is no User of this organization.')
  const joining = members.filter((member) => named.has(member.id) && member.role !== role).map(({ id }) => id)
  if (role === 'contributor') return { administrators: [], contributors: joining }
  const leaving = members
    .filter((member) => !named.has(member.id) && member.role === role)
    .map(({ id }) => id)
  return { administrators: joining, contributors: leaving }
}
