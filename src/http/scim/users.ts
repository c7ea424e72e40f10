import { UserProvision, UserReprovision } from '../../contracts/commands.ts'
import { newId } from '../../contracts/ids.ts'
import { isUuid } from '../../contracts/schema.ts'
import { listScimMembers } from '../../db/queries/scim.ts'
import { equalTo } from '../../domain/scim/filter.ts'
import type { Json } from '../../domain/scim/json.ts'
import { patched } from '../../domain/scim/patch.ts'
import { ScimRefusal } from '../../domain/scim/refusal.ts'
import {
  addressOf,
  checkAddress,
  readUser,
  type ScimMember,
  type ScimPerson,
  USER_SHAPE,
  userResource,
} from '../../domain/scim/user.ts'
import { newInviteLink } from '../one-time-link.ts'
import { INVITE_MS } from '../routes/user-links.ts'
import { checker } from '../validate.ts'
import { type ScimAnswer, versioned } from './answer.ts'
import type { ScimCall } from './call.ts'
import { checkPrecondition, found, page } from './query.ts'

const checkProvision = checker(UserProvision)
const checkReprovision = checker(UserReprovision)

export async function listUsers(call: ScimCall): Promise<ScimAnswer> {
  const { deps, edge, base_url, query } = call
  const { filter } = query
  const narrowed = filter && {
    id: idIn(equalTo(filter, 'id')),
    user_name: equalTo(filter, 'userName'),
    external_id: equalTo(filter, 'externalId'),
  }
  const members = await listScimMembers(deps.database, edge.org_id, narrowed)
  return page(
    members.map((member) => versioned(userResource(member, base_url)).body),
    query,
  )
}

/** An id of no possible form is nobody's; the database would refuse it. */
function idIn(text: string | undefined): string | undefined {
  if (text === undefined || isUuid(text)) return text
  return '00000000-0000-0000-0000-000000000000'
}

export async function readOneUser(call: ScimCall): Promise<ScimAnswer> {
  return found(call, userResource(await member(call), call.base_url))
}

export async function createUser(call: ScimCall): Promise<ScimAnswer> {
  const person = readUser(call.body)
  const user_id = newId()
  const email = addressOf(person)
  const input = checkProvision({ user_id, email, ...(await provisioned(call, person)) })
  await call.command('user.provision', input)
  const resource = userResource(await member({ ...call, id: user_id }), call.base_url)
  const { body, etag } = versioned(resource)
  return { status: 201, body, headers: { Location: `${call.base_url}/Users/${user_id}`, ETag: etag } }
}

export async function replaceUser(call: ScimCall): Promise<ScimAnswer> {
  return await write(call, await member(call), () => readUser(call.body))
}

export async function patchUser(call: ScimCall): Promise<ScimAnswer> {
  return await write(call, await member(call), (resource) =>
    readUser(patched(resource, call.body, USER_SHAPE)),
  )
}

export async function deleteUser(call: ScimCall): Promise<ScimAnswer> {
  const { id } = await member(call)
  await call.command('user.remove', { user_id: id })
  return {}
}

async function write(
  call: ScimCall,
  before: ScimMember,
  wanted: (resource: Json) => ScimPerson,
): Promise<ScimAnswer> {
  const resource = userResource(before, call.base_url)
  checkPrecondition(call.request, resource)
  const person = wanted(resource)
  checkAddress(person, before)
  const input = checkReprovision({ user_id: before.id, ...(await provisioned(call, person)) })
  await call.command('user.reprovision', input)
  return found(call, userResource(await member(call), call.base_url))
}

async function provisioned({ deps }: ScimCall, person: ScimPerson) {
  const { display_name, active, user_name, external_id, formatted, given_name, family_name } = person
  const { stored } = await newInviteLink(deps, INVITE_MS)
  const names = { user_name, external_id, formatted, given_name, family_name }
  return { display_name, names, active, invite: stored }
}

async function member({ deps, edge, id }: ScimCall): Promise<ScimMember> {
  const [one] = isUuid(id) ? await listScimMembers(deps.database, edge.org_id, { id }) : []
  if (!one) throw new ScimRefusal(404, 'There is no such User.')
  return one
}
