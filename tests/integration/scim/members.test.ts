import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { User } from '../../../src/contracts/resources.ts'
import { addAgent, join, PASSWORD, Person, setUp } from '../../support/client.ts'
import { type Json, newUser, type Provider, provider } from '../../support/scim.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
/** So that the first one is not the last. */
let second: Person
let directory: Provider
let names = 0

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
  second = await join(admin, 'Sara Second', 'administrator')
  directory = await provider(admin)
})
afterAll(() => server.stop())
beforeEach(() => {
  names++
})

/** Of this test alone. */
const named = (first: string) => `${first} Number${names}`

async function created(name: string, more: Json = {}): Promise<Json> {
  const { status, body } = await directory.post('/Users', newUser(name, more))
  expect([status, body.detail]).toEqual([201, undefined])
  return body
}

const memberOf = async (id: string) => (await admin.in<User>('GET', `/users/${id}`)).body
/** Events about this person, newest first. */
const eventsOf = async (id: string) =>
  (await admin.in<{ data: Json[] }>('GET', '/events?type=user.*&limit=200')).body.data.filter(
    ({ payload }) => payload.user.id === id,
  )

/** The person opens the link of a new invite. */
async function joined(id: string): Promise<Person> {
  const { status, body } = await admin.in<{ invite_url: string }>('POST', `/users/${id}/invite`)
  expect(status).toBe(201)
  const person = new Person(server.url)
  const token = body.invite_url.split('/').at(-1)
  return person.adopt(await person.call('POST', `/auth/invites/${token}/accept`, { password: PASSWORD }))
}

describe('a person that a provider creates', () => {
  test('S4 is invited as a contributor, with its names, and is found by all of them', async () => {
    const name = named('Una')
    const body = newUser(name, { externalId: `00u${names}` })
    const { status, body: made, headers } = await directory.post('/Users', body)
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`${directory.base_url}/Users/${made.id}`)
    expect(headers.get('etag')).toBe(made.meta.version)
    expect(made).toMatchObject({
      ...body,
      emails: [{ value: body.userName, type: 'work', primary: true }],
      groups: [{ value: 'contributors', display: 'Contributors' }],
      meta: { resourceType: 'User', location: `${directory.base_url}/Users/${made.id}` },
    })
    expect(await memberOf(made.id)).toMatchObject({
      type: 'human',
      status: 'invited',
      role: 'contributor',
      display_name: name,
      email: body.userName,
    })
    expect((await eventsOf(made.id)).map(({ type, actor }) => [type, actor.id])).toEqual([
      ['user.created', admin.user_id],
    ])
    for (const filter of [
      `userName eq "${body.userName.toUpperCase()}"`,
      `externalId eq "00u${names}"`,
      `id eq "${made.id}"`,
      `name.familyName eq "number${names}" and active eq true`,
      `emails[type eq "work" and value eq "${body.userName}"]`,
      `displayName co "Una" and meta.created gt "2020-01-01T00:00:00Z" and displayName ew "${names}"`,
    ])
      expect(
        (await directory.find(filter)).map(({ id }) => id),
        filter,
      ).toEqual([made.id])
    expect(await directory.find(`externalId eq "00U${names}"`)).toEqual([])
    expect(await directory.find('id eq "7"')).toEqual([])
  })

  test('S4 joins by the link of its invite, and proves nothing of its address by that', async () => {
    const made = await created(named('Jo'))
    const person = await joined(made.id)
    expect((await person.in('GET', '/projects')).status).toBe(200)
    expect(await memberOf(made.id)).toMatchObject({ status: 'active' })
    expect((await directory.get(`/Users/${made.id}`)).body.active).toBe(true)
    // The same address in another organization is another account.
    expect((await person.call<{ memberships: unknown[] }>('GET', '/auth/me')).body.memberships).toHaveLength(
      1,
    )
  })

  test('S5 is there once: by its name and by its address', async () => {
    const made = await created(named('Only'))
    for (const again of [
      newUser(named('Only')),
      newUser(named('Other'), { userName: made.userName.toUpperCase() }),
      newUser(named('Other'), { emails: [{ value: made.userName }] }),
      // A member of before, whom no provider has named.
      newUser(named('Other'), { userName: 'sara.second@example.com' }),
    ]) {
      const { status, body } = await directory.post('/Users', again)
      expect([status, body.status, body.scimType]).toEqual([409, '409', 'uniqueness'])
    }
  })

  test('S5 with a name that another member has is told from it', async () => {
    const name = named('Twin')
    await created(name)
    const twin = await created(name, { userName: `twin${names}@example.org` })
    expect(twin.displayName).toBe(`${name} (twin${names})`)
    // The provider sends its name again and again: nothing changes.
    const again = await directory.put(`/Users/${twin.id}`, newUser(name, { userName: twin.userName }))
    expect([again.status, again.body.displayName]).toEqual([200, twin.displayName])
    expect((await eventsOf(twin.id)).map(({ type }) => type)).toEqual(['user.created'])
  })

  test('without an address is refused, and so are names of no possible form', async () => {
    for (const body of [
      { userName: `bjensen${names}` },
      newUser(named('Bad'), { emails: [{ value: 'not an address' }] }),
      newUser(named('Bad'), { displayName: 'x'.repeat(101) }),
      newUser(named('Bad'), { displayName: 'bad\u202ename' }),
      newUser(named('Bad'), { externalId: 'x'.repeat(256) }),
    ]) {
      const answer = await directory.post('/Users', body)
      expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidValue'])
      expect(answer.body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
    }
    for (const body of ['{', '[]', '"x"', '{"userName": "a\\u0000@example.com"}'])
      expect((await directory.post('/Users', body)).status).toBe(400)
  })

  test('S8 that is inactive from the start waits without a link, and is invited when it becomes active', async () => {
    const made = await created(named('Later'), { active: false })
    expect(made.active).toBe(false)
    expect(await memberOf(made.id)).toMatchObject({ status: 'deactivated' })
    expect((await admin.in('POST', `/users/${made.id}/invite`)).status).toBe(409)
    const { body } = await directory.patch(`/Users/${made.id}`, {
      op: 'replace',
      path: 'active',
      value: true,
    })
    expect(body.active).toBe(true)
    expect(await memberOf(made.id)).toMatchObject({ status: 'invited' })
    await joined(made.id)
  })

  test('S6 is changed by PUT and PATCH; its address stays', async () => {
    const made = await created(named('Mo'))
    const path = `/Users/${made.id}`
    const renamed = `Mo Renamed${names}`
    const put = await directory.put(path, newUser(named('Mo'), { displayName: renamed, externalId: 'e-1' }))
    expect([put.status, put.body.displayName, put.body.externalId]).toEqual([200, renamed, 'e-1'])
    const patch = await directory.patch(
      path,
      { op: 'Replace', path: 'name.givenName', value: 'Maurice' },
      { op: 'Add', value: { externalId: 'e-2', userName: `mo${names}` } },
    )
    expect(patch.status).toBe(200)
    expect(patch.body).toMatchObject({
      externalId: 'e-2',
      userName: `mo${names}`,
      name: { givenName: 'Maurice' },
      displayName: renamed,
      emails: made.emails,
    })
    expect(await directory.find(`userName eq "mo${names}"`)).toHaveLength(1)
    for (const answer of [
      await directory.put(path, newUser(named('Mo'), { emails: [{ value: 'thief@example.com' }] })),
      await directory.patch(path, { op: 'replace', path: 'emails', value: [{ value: 'thief@example.com' }] }),
      await directory.patch(path, { op: 'replace', path: 'id', value: 'x' }),
    ])
      expect([answer.status, answer.body.scimType]).toEqual([400, 'mutability'])
    expect((await eventsOf(made.id)).map(({ type }) => type)).toEqual(['user.updated', 'user.created'])
    expect((await directory.get(path)).body).toEqual(patch.body)
  })

  test('S15 written once more as it is has no event and no other version', async () => {
    const made = await created(named('Same'))
    const path = `/Users/${made.id}`
    for (const answer of [
      await directory.put(path, made),
      await directory.put(path, newUser(named('Same'))),
      await directory.patch(path, { op: 'replace', value: { active: true, displayName: made.displayName } }),
    ])
      expect([answer.status, answer.body]).toEqual([200, made])
    expect((await eventsOf(made.id)).map(({ type }) => type)).toEqual(['user.created'])
  })

  test('has no name of another one', async () => {
    const [one, other] = [await created(named('One')), await created(named('Other'))]
    const { status, body } = await directory.patch(`/Users/${one.id}`, {
      op: 'replace',
      path: 'userName',
      value: other.userName,
    })
    expect([status, body.scimType]).toEqual([409, 'uniqueness'])
  })
})

describe('a person that a provider deactivates', () => {
  test('S7 is out at once: sessions, streams, links and sub-agents; and comes back to its work, not to its sessions', async () => {
    const made = await created(named('Dee'))
    const person = await joined(made.id)
    const project = (
      await admin.in<{ id: string }>('POST', '/projects', {
        name: named('Depot'),
        type: 'software',
        assigned_user_ids: [made.id],
      })
    ).body
    const org_url = `${server.url}/api/v1/orgs/${admin.org}`
    const sse = await SseJournal.open(`${org_url}/events/stream`, { Cookie: person.cookieHeader })
    const ws = await WsJournal.open(`${org_url}/channels/ws`, {
      Cookie: person.cookieHeader,
      Origin: server.url,
    })
    const task = (
      await person.in<{ id: string }>('POST', '/tasks', { title: 'Count', project_ids: [project.id] })
    ).body
    const spawned = (
      await person.in<{ id: string; ephemeral_api_key: string }>('POST', '/sub-agents', {
        task_id: task.id,
        model: 'm',
        instructions: 'Do it.',
      })
    ).body
    const link = await admin.in<{ sign_in_url: string }>('POST', `/users/${made.id}/sign-in-link`)
    expect(link.status).toBe(201)

    const { status, body } = await directory.patch(`/Users/${made.id}`, {
      op: 'replace',
      value: { active: false },
    })
    expect([status, body.active]).toEqual([200, false])
    await until(() => sse.ended && ws.close_code !== undefined, 'the end of the streams')
    expect((await person.in('GET', '/projects')).status).toBe(404)
    expect((await person.in('GET', '/users')).status).toBe(404)
    const key = await fetch(`${org_url}/users/me`, {
      headers: { Authorization: `Bearer ${spawned.ephemeral_api_key}` },
    })
    expect(key.status).toBe(401)
    const reset = await person.call(
      'POST',
      `/auth/sign-in-links/${link.body.sign_in_url.split('/').at(-1)}/accept`,
      { password: PASSWORD },
    )
    expect(reset.status).toBe(404)
    const again = await new Person(server.url).call<Json>('POST', '/auth/password', {
      email: made.userName,
      password: PASSWORD,
    })
    expect(again.body.memberships ?? []).toEqual([])
    expect(await memberOf(made.id)).toMatchObject({
      status: 'deactivated',
      assigned_project_ids: [project.id],
    })
    const [event] = await eventsOf(made.id)
    expect(event).toMatchObject({ type: 'user.updated', payload: { user: { status: 'deactivated' } } })

    // Again changes nothing.
    const before = (await eventsOf(made.id)).length
    await directory.patch(`/Users/${made.id}`, { op: 'replace', path: 'active', value: 'False' })
    expect(await eventsOf(made.id)).toHaveLength(before)

    await directory.patch(`/Users/${made.id}`, { op: 'replace', path: 'active', value: true })
    expect(await memberOf(made.id)).toMatchObject({ status: 'active', assigned_project_ids: [project.id] })
    expect((await person.in('GET', '/projects')).status).toBe(404)
    const back = await new Person(server.url).signIn(made.userName, PASSWORD)
    expect((await back.in('GET', '/projects')).status).toBe(200)
  })

  test('S8 that had not joined cannot join by the link of before', async () => {
    const made = await created(named('Lee'))
    const { body } = await admin.in<{ invite_url: string }>('POST', `/users/${made.id}/invite`)
    await directory.patch(`/Users/${made.id}`, { op: 'replace', path: 'active', value: false })
    const accept = (url: string) =>
      new Person(server.url).call('POST', `/auth/invites/${url.split('/').at(-1)}/accept`, {
        password: PASSWORD,
      })
    expect((await accept(body.invite_url)).status).toBe(404)
    await directory.patch(`/Users/${made.id}`, { op: 'replace', path: 'active', value: true })
    expect((await accept(body.invite_url)).status).toBe(404)
    await joined(made.id)
  })

  test('S9 by DELETE is a member no longer, and may be created anew', async () => {
    const made = await created(named('Gone'))
    const person = await joined(made.id)
    expect((await directory.delete(`/Users/${made.id}`)).status).toBe(204)
    expect((await directory.delete(`/Users/${made.id}`)).status).toBe(404)
    const { status, body } = await directory.get(`/Users/${made.id}`)
    expect([status, body.status]).toEqual([404, '404'])
    expect((await person.in('GET', '/projects')).status).toBe(404)
    expect((await eventsOf(made.id))[0]).toMatchObject({
      type: 'user.removed',
      payload: { ip: expect.any(String), user_agent: expect.any(String) },
    })
    expect((await created(named('Gone'))).id).not.toBe(made.id)
  })
})

describe('a role by a group', () => {
  test('S10 is given and taken by PATCH and PUT, with an event each', async () => {
    const [one, two] = [await created(named('Roa')), await created(named('Rob'))]
    const group = '/Groups/administrators'
    const add = await directory.patch(group, {
      op: 'add',
      path: 'members',
      value: [{ value: one.id }, { value: two.id }],
    })
    expect(add.status).toBe(200)
    expect(add.body.members.map(({ value }: Json) => value)).toEqual(
      expect.arrayContaining([one.id, two.id, admin.user_id]),
    )
    expect((await directory.get(`/Users/${one.id}`)).body.groups[0].display).toBe('Administrators')
    expect((await memberOf(two.id)).role).toBe('administrator')
    await directory.patch(group, { op: 'remove', path: `members[value eq "${one.id}"]` })
    expect((await memberOf(one.id)).role).toBe('contributor')
    const rest = add.body.members.filter(({ value }: Json) => value !== two.id && value !== one.id)
    const put = await directory.put(group, { displayName: 'Administrators', members: rest })
    expect(put.status).toBe(200)
    expect((await memberOf(two.id)).role).toBe('contributor')
    expect((await eventsOf(one.id)).map(({ type }) => type)).toEqual([
      'user.role_changed',
      'user.role_changed',
      'user.created',
    ])
    await directory.patch(group, { op: 'add', path: 'members', value: [{ value: one.id }] })
    await directory.patch('/Groups/contributors', { op: 'add', path: 'members', value: [{ value: one.id }] })
    expect((await memberOf(one.id)).role).toBe('contributor')
    // A member of the contributors leaves them by becoming an administrator alone.
    expect(
      (await directory.patch('/Groups/contributors', { op: 'remove', path: `members[value eq "${one.id}"]` }))
        .status,
    ).toBe(200)
    expect((await memberOf(one.id)).role).toBe('contributor')
  })

  test('S10 is changed for all or for nobody', async () => {
    const made = await created(named('All'))
    const stranger = crypto.randomUUID()
    const { status, body } = await directory.patch('/Groups/administrators', {
      op: 'add',
      path: 'members',
      value: [{ value: made.id }, { value: stranger }],
    })
    expect([status, body.scimType]).toEqual([400, 'invalidValue'])
    expect((await memberOf(made.id)).role).toBe('contributor')
  })

  test('S11 never takes the last administrator, and neither does a deactivation or a removal', async () => {
    const other = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
    try {
      const alone = await setUp(other)
      const one = await provider(alone)
      const path = `/Users/${alone.user_id}`
      for (const answer of [
        await one.delete(path),
        await one.patch(path, { op: 'replace', path: 'active', value: false }),
        await one.put(path, newUser('Ines Carvalho', { userName: 'ines@example.com', active: false })),
        await one.patch('/Groups/administrators', { op: 'remove', path: 'members' }),
        await one.put('/Groups/administrators', { displayName: 'Administrators', members: [] }),
        await one.patch('/Groups/contributors', {
          op: 'add',
          path: 'members',
          value: [{ value: alone.user_id }],
        }),
      ]) {
        expect([answer.status, answer.body.status]).toEqual([409, '409'])
        expect(answer.body.detail).toContain('at least one administrator')
      }
      // An invited administrator is none yet.
      const { body: invited } = await one.post('/Users', newUser('Ivy Invited'))
      await one.patch('/Groups/administrators', {
        op: 'add',
        path: 'members',
        value: [{ value: invited.id }],
      })
      expect((await one.patch(path, { op: 'replace', path: 'active', value: false })).status).toBe(409)
      expect((await alone.in('GET', '/projects')).status).toBe(200)
    } finally {
      await other.stop()
    }
  })

  test('has two groups, which are not made or removed', async () => {
    const { body } = await directory.get('/Groups?excludedAttributes=members')
    expect(body.Resources.map(({ id, displayName, members }: Json) => [id, displayName, members])).toEqual([
      ['administrators', 'Administrators', undefined],
      ['contributors', 'Contributors', undefined],
    ])
    const found = await directory.get(
      `/Groups?filter=${encodeURIComponent('displayName eq "administrators"')}`,
    )
    expect(found.body.totalResults).toBe(1)
    expect((await directory.post('/Groups', { displayName: 'Tour Guides' })).status).toBe(403)
    expect((await directory.delete('/Groups/administrators')).status).toBe(403)
    expect((await directory.get('/Groups/e9e30dba')).status).toBe(404)
    const rename = await directory.patch('/Groups/administrators', {
      op: 'replace',
      path: 'displayName',
      value: 'Bosses',
    })
    expect([rename.status, rename.body.scimType]).toEqual([400, 'mutability'])
  })
})

test('S12 agents are none of a provider’s business', async () => {
  const agent = await addAgent(admin, `forge-${names}`, 'administrator')
  expect((await directory.get(`/Users/${agent.user.id}`)).status).toBe(404)
  expect((await directory.delete(`/Users/${agent.user.id}`)).status).toBe(404)
  expect((await directory.put(`/Users/${agent.user.id}`, newUser('No One'))).status).toBe(404)
  const add = { op: 'add', path: 'members', value: [{ value: agent.user.id }] }
  expect((await directory.patch('/Groups/contributors', add)).status).toBe(400)
  expect((await agent.in('GET', '/users/me')).status).toBe(200)
})

test('a member of before is taken over by its address, with its role and its work', async () => {
  const person = await join(admin, named('Old'))
  const [found] = await directory.find(`userName eq "old.number${names}@example.com"`)
  expect(found).toMatchObject({ id: person.user_id, active: true, groups: [{ value: 'contributors' }] })
  const { status, body } = await directory.patch(`/Users/${person.user_id}`, {
    op: 'add',
    path: 'externalId',
    value: 'ext',
  })
  expect([status, body.externalId]).toEqual([200, 'ext'])
  expect((await person.in('GET', '/projects')).status).toBe(200)
  expect(second.user_id).not.toBe(person.user_id)
})
