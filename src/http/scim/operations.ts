import type { Action } from '../../domain/access.ts'
import type { Json } from '../../domain/scim/json.ts'
import { ScimRefusal } from '../../domain/scim/refusal.ts'
import { resourceTypes, schemaResources, serviceProviderConfig } from '../../domain/scim/schemas.ts'
import type { ScimAnswer } from './answer.ts'
import type { ScimCall } from './call.ts'
import { listGroups, patchGroup, readOneGroup, refuseGroup, replaceGroup } from './groups.ts'
import { found, page } from './query.ts'
import { createUser, deleteUser, listUsers, patchUser, readOneUser, replaceUser } from './users.ts'

export interface Operation {
  action: Action
  run(call: ScimCall): Promise<ScimAnswer>
}

const reading = (run: Operation['run']): Operation => ({ action: 'scim.read', run })
const writing = (run: Operation['run']): Operation => ({ action: 'scim.provision', run })

const among = (all: (base_url: string) => Json[]): Operation =>
  reading(async (call) => {
    const one = all(call.base_url).find(({ id }) => id === call.id)
    if (!one) throw new ScimRefusal(404, 'There is no such resource.')
    return found(call, one)
  })

/** A filter over these is refused (RFC 7644, section 4). */
const listing = (all: (base_url: string) => Json[]): Operation =>
  reading(async ({ base_url, query }) => {
    if (query.filter) throw new ScimRefusal(403, 'What the service tells of itself takes no filter.')
    return page(all(base_url), query)
  })

/** By method and path; `{id}` stands for one segment. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /ServiceProviderConfig': reading(async (call) =>
    found(call, serviceProviderConfig(call.base_url, `${call.deps.public_url}/docs`)),
  ),
  'GET /ResourceTypes': listing(resourceTypes),
  'GET /ResourceTypes/{id}': among(resourceTypes),
  'GET /Schemas': listing(schemaResources),
  'GET /Schemas/{id}': among(schemaResources),
  'GET /Users': reading(listUsers),
  'POST /Users': writing(createUser),
  'GET /Users/{id}': reading(readOneUser),
  'PUT /Users/{id}': writing(replaceUser),
  'PATCH /Users/{id}': writing(patchUser),
  'DELETE /Users/{id}': writing(deleteUser),
  'GET /Groups': reading(listGroups),
  'POST /Groups': writing(refuseGroup),
  'GET /Groups/{id}': reading(readOneGroup),
  'PUT /Groups/{id}': writing(replaceGroup),
  'PATCH /Groups/{id}': writing(patchGroup),
  'DELETE /Groups/{id}': writing(refuseGroup),
}

/** Parts of the protocol that are not offered: 501 (RFC 7644, sections 3.7 and 3.11). */
const NOT_OFFERED = new Set(['/Bulk', '/Me', '/.search', '/Users/.search', '/Groups/.search'])

/** The operation of a path below the base address. Throws 404, 405 and 501. */
export function operationOf(method: string, path: string): Operation & { id: string } {
  if (NOT_OFFERED.has(path)) throw new ScimRefusal(501, 'This part of the protocol is not offered.')
  const [, endpoint = '', id = '', ...more] = path.split('/')
  const place = `/${endpoint}${id === '' ? '' : '/{id}'}`
  const known = more.length === 0 && Object.keys(OPERATIONS).some((key) => key.endsWith(` ${place}`))
  if (!known) throw new ScimRefusal(404, 'There is no such endpoint.')
  const operation = OPERATIONS[`${method} ${place}`]
  if (!operation) throw new ScimRefusal(405, 'The endpoint does not take this method.')
  return { ...operation, id }
}
