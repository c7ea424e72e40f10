import { listScimMembers } from '../../db/queries/scim.ts'
import type { Json } from '../../domain/scim/json.ts'
import { patched } from '../../domain/scim/patch.ts'
import { ScimRefusal } from '../../domain/scim/refusal.ts'
import {
  GROUP_SHAPE,
  GROUPS,
  groupResource,
  groupWithId,
  type RoleGroup,
  readGroup,
  rolesFor,
} from '../../domain/scim/role-groups.ts'
import { type ScimAnswer, versioned } from './answer.ts'
import type { ScimCall } from './call.ts'
import { checkPrecondition, found, page } from './query.ts'

export async function listGroups(call: ScimCall): Promise<ScimAnswer> {
  const members = await membersOf(call)
  const all = Object.values(GROUPS).map((group) => groupResource(group, members, call.base_url))
  return page(
    all.map((group) => versioned(group).body),
    call.query,
  )
}

export async function readOneGroup(call: ScimCall): Promise<ScimAnswer> {
  return found(call, groupResource(group(call), await membersOf(call), call.base_url))
}

export async function replaceGroup(call: ScimCall): Promise<ScimAnswer> {
  return await write(call, () => readGroup(call.body, group(call)))
}

export async function patchGroup(call: ScimCall): Promise<ScimAnswer> {
  return await write(call, (before) => readGroup(patched(before, call.body, GROUP_SHAPE), group(call)))
}

/** There are these two, and no others. */
export async function refuseGroup(): Promise<ScimAnswer> {
  const names = Object.values(GROUPS).map(({ display_name }) => display_name)
  throw new ScimRefusal(403, `The groups are the roles: ${names.join(' and ')}. None is added or removed.`)
}

async function write(call: ScimCall, wanted: (before: Json) => string[]): Promise<ScimAnswer> {
  const one = group(call)
  const members = await membersOf(call)
  const before = groupResource(one, members, call.base_url)
  checkPrecondition(call.request, before)
  const roles = rolesFor(one, wanted(before), members)
  if (roles.administrators.length + roles.contributors.length > 0) await call.command('user.set_roles', roles)
  return found(call, groupResource(one, await membersOf(call), call.base_url))
}

function group({ id }: ScimCall): RoleGroup {
  const one = groupWithId(id)
  if (!one) throw new ScimRefusal(404, 'There is no such Group.')
  return one
}

const membersOf = ({ deps, edge }: ScimCall) => listScimMembers(deps.database, edge.org_id)
