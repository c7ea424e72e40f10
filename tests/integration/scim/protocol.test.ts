import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import SCIMMY from 'scimmy'
import { RESULTS_MAX } from '../../../src/domain/scim/schemas.ts'
import { type Person, setUp } from '../../support/client.ts'
import { type Json, newUser, type Provider, provider, RFC_USER, USER } from '../../support/scim.ts'
import { startServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let admin: Person
let directory: Provider

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
  directory = await provider(admin)
})
afterAll(() => server.stop())

const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

/** A resource read by another implementation of the RFC: throws for what its schema forbids. */
const asUser = (body: Json): Json => new SCIMMY.Schemas.User(structuredClone(body), 'out')
const asGroup = (body: Json): Json => new SCIMMY.Schemas.Group(structuredClone(body), 'out')

describe('S14 the examples of RFC 7643 and RFC 7644', () => {
  test('the full User is created, read, replaced, patched and deleted', async () => {
    const { status, body } = await directory.post('/Users', RFC_USER)
    expect(status).toBe(201)
    // What the server alone writes is its own; a password is nothing that it keeps.
    expect(body.id).not.toBe(RFC_USER.id)
    expect(body).toMatchObject({
      schemas: [USER],
      externalId: '701984',
      userName: 'bjensen@example.com',
      name: { formatted: 'Ms. Barbara J Jensen, III', familyName: 'Jensen', givenName: 'Barbara' },
      displayName: 'Babs Jensen',
      active: true,
    })
    expect(JSON.stringify(body)).not.toContain('t1meMa')
    const path = `/Users/${body.id}`
    expect((await directory.get(path)).body).toEqual(body)
    const put = await directory.put(path, {
      schemas: [USER],
      id: body.id,
      userName: 'bjensen@example.com',
      externalId: 'bjensen',
      name: {
        formatted: 'Ms. Barbara J Jensen III',
        familyName: 'Jensen',
        givenName: 'Barbara',
        middleName: 'Jane',
      },
      roles: [],
      emails: [{ value: 'bjensen@example.com' }, { value: 'babs@jensen.org' }],
    })
    expect(put.status).toBe(200)
    expect(put.body).toMatchObject({ externalId: 'bjensen', displayName: 'Ms. Barbara J Jensen III' })
    const patch = await directory.patch(path, {
      op: 'replace',
      value: { nickName: 'Babs', displayName: 'Babs' },
    })
    expect([patch.status, patch.body.displayName]).toEqual([200, 'Babs'])
    expect((await directory.delete(path)).status).toBe(204)
  })

  test('the User of section 3.3 has no address, so nobody could be invited: it is refused, and says so', async () => {
    const { status, body } = await directory.post('/Users', {
      schemas: [USER],
      userName: 'bjensen',
      externalId: 'bjensen',
      name: { formatted: 'Ms. Barbara J Jensen III', familyName: 'Jensen', givenName: 'Barbara' },
    })
    expect(status).toBe(400)
    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      scimType: 'invalidValue',
    })
    expect(body.detail).toContain('emails')
  })

  test('the filters of section 3.4.2.2 are answered', async () => {
    const { body } = await directory.post('/Users', newUser('Barbara Jensen'))
    for (const [filter, fits] of [
      ['userName sw "B"', true],
      [`${USER}:userName sw "B"`, true],
      ['name.familyName co "O\'Malley"', false],
      ['meta.lastModified gt "2011-05-13T04:42:34Z"', true],
      ['title pr and userType eq "Employee"', false],
      ['userType ne "Employee" and not (emails co "example.org" or emails.value co "example.net")', true],
      [
        'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
        true,
      ],
    ] as const) {
      const ids = (await directory.find(filter)).map(({ id }) => id)
      expect(ids.includes(body.id), filter).toBe(fits)
    }
    for (const filter of ['userName', 'userName eq bjensen', 'emails[', 'active gt true']) {
      const refused = await directory.get(`/Users?filter=${encodeURIComponent(filter)}`)
      expect([refused.status, refused.body.scimType]).toEqual([400, 'invalidFilter'])
    }
  })
})

describe('a list in an order (RFC 7644, section 3.4.2.3)', () => {
  test('is put in order by an attribute or a part of one, without case, before it is cut into pages', async () => {
    for (const [name, externalId] of [
      ['bruno Sorted', 'B'],
      ['Anna Sorted', 'a'],
      ['Carl Sorted', undefined],
      ['dora Sorted', 'C'],
    ] as const)
      await directory.post('/Users', newUser(name, externalId === undefined ? {} : { externalId }))
    const sorted = async (query: string) => {
      const filter = encodeURIComponent('name.familyName eq "Sorted"')
      const { status, body } = await directory.get(`/Users?filter=${filter}&${query}`)
      expect(status).toBe(200)
      return (body.Resources as Json[]).map(({ name }) => name.givenName)
    }
    expect(await sorted('sortBy=displayName')).toEqual(['Anna', 'bruno', 'Carl', 'dora'])
    expect(await sorted('sortBy=userName&sortOrder=descending')).toEqual(['dora', 'Carl', 'bruno', 'Anna'])
    expect(await sorted('sortby=NAME.GIVENNAME&sortorder=Ascending&startIndex=2&count=2')).toEqual([
      'bruno',
      'Carl',
    ])
    expect(await sorted('sortBy=emails.value&count=1')).toEqual(['Anna'])
    // With its case, and what has no value at the end.
    expect(await sorted('sortBy=externalId')).toEqual(['bruno', 'dora', 'Anna', 'Carl'])
    expect(await sorted('sortBy=externalId&sortOrder=descending')).toEqual(['Carl', 'Anna', 'dora', 'bruno'])
    expect(await sorted('sortBy=meta.created&sortOrder=descending&count=1')).toEqual(['dora'])
    const groups = (await directory.get('/Groups?sortBy=displayName&sortOrder=descending')).body
    expect((groups.Resources as Json[]).map(({ id }) => id)).toEqual(['contributors', 'administrators'])
  })

  test('by what is no attribute, or in no order, is refused', async () => {
    for (const [query, scimType] of [
      ['sortBy=1st', 'invalidPath'],
      ['sortBy=emails[type%20eq%20"work"]', 'invalidPath'],
      ['sortBy=userName&sortOrder=upwards', 'invalidValue'],
    ] as const) {
      const refused = await directory.get(`/Users?${query}`)
      expect([refused.status, refused.body.scimType]).toEqual([400, scimType])
    }
  })
})

describe('what the service tells of itself', () => {
  test('fits the schemas of SCIMMY', async () => {
    const { body } = await directory.get('/ServiceProviderConfig')
    expect(new SCIMMY.Schemas.ServiceProviderConfig(structuredClone(body), 'out')).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: RESULTS_MAX },
      sort: { supported: true },
      etag: { supported: true },
    })
    const types = (await directory.get('/ResourceTypes')).body
    expect(types).toMatchObject({ schemas: [LIST], totalResults: 2 })
    for (const type of types.Resources as Json[]) {
      expect(new SCIMMY.Schemas.ResourceType(structuredClone(type), 'out')).toMatchObject({ name: type.name })
      const url = type.meta.location.slice(directory.base_url.length)
      expect((await directory.get(url)).body.id).toBe(type.id)
    }
  })

  test('has every attribute of every answer, with the names that SCIMMY knows', async () => {
    const { body } = await directory.get('/Schemas')
    expect((body.Resources as Json[]).map(({ id }) => id)).toEqual([USER, GROUP])
    const user = (await directory.post('/Users', newUser('Sami Schema', { externalId: 'x' }))).body
    const group = (await directory.get('/Groups/contributors')).body
    for (const [resource, id, theirs] of [
      [user, USER, SCIMMY.Schemas.User.definition],
      [group, GROUP, SCIMMY.Schemas.Group.definition],
    ] as const) {
      const schema = (await directory.get(`/Schemas/${id}`)).body
      const names = (schema.attributes as Json[]).map(({ name }) => name)
      // Common attributes are in no schema (RFC 7643, section 3.1).
      const told = Object.keys(resource).filter(
        (key) => !['schemas', 'id', 'externalId', 'meta'].includes(key),
      )
      for (const key of told) expect(names).toContain(key)
      for (const { name, type, multiValued } of schema.attributes as Json[]) {
        const known = theirs.attribute(name) as Json
        expect([known.name, known.type, known.config.multiValued]).toEqual([name, type, multiValued])
      }
    }
  })

  test('takes no filter', async () => {
    expect((await directory.get('/Schemas?filter=id%20pr')).status).toBe(403)
  })
})

describe('answers', () => {
  test('are resources for SCIMMY too', async () => {
    const { body } = await directory.post('/Users', newUser('Rita Resource', { externalId: 'r' }))
    expect(asUser(body)).toMatchObject({ id: body.id, userName: body.userName, externalId: 'r' })
    const group = (await directory.get('/Groups/contributors')).body
    expect(asGroup(group).members.map(({ value }: Json) => value)).toContain(body.id)
    const list = (await directory.get('/Users?count=1')).body
    expect(new SCIMMY.Messages.ListResponse(list as never)).toMatchObject({ totalResults: list.totalResults })
  })

  test('come in pages that count from 1', async () => {
    for (let n = 0; n < 5; n++) await directory.post('/Users', newUser(`Page Turner${n}`))
    const seen: string[] = []
    const filter = encodeURIComponent('userName sw "page.turner"')
    for (let from = 1; from <= 5; from += 2) {
      const { body } = await directory.get(`/Users?filter=${filter}&startIndex=${from}&count=2`)
      expect([body.totalResults, body.startIndex]).toEqual([5, from])
      expect(body.itemsPerPage).toBe(body.Resources.length)
      seen.push(...body.Resources.map(({ userName }: Json) => userName))
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map((n) => `page.turner${n}@example.com`))
    const at = async (query: string) => (await directory.get(`/Users?filter=${filter}&${query}`)).body
    expect(await at('count=0')).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] })
    expect(await at('startIndex=0&count=1')).toMatchObject({ startIndex: 1, itemsPerPage: 1 })
    expect(await at('startIndex=-3&count=-1')).toMatchObject({ startIndex: 1, itemsPerPage: 0 })
    expect(await at('startIndex=6')).toMatchObject({ totalResults: 5, itemsPerPage: 0 })
    expect((await directory.get('/Users?count=x')).status).toBe(400)
  })

  test('have the attributes that are asked for', async () => {
    const { body } = await directory.post('/Users', newUser('Attila Attribute'))
    const few = (await directory.get(`/Users/${body.id}?attributes=userName,emails.value`)).body
    expect(few).toEqual({
      schemas: [USER],
      id: body.id,
      userName: body.userName,
      emails: [{ value: body.userName }],
      meta: body.meta,
    })
    const rest = (await directory.get(`/Users/${body.id}?excludedAttributes=emails,groups`)).body
    expect([rest.emails, rest.groups, rest.userName]).toEqual([undefined, undefined, body.userName])
  })

  test('have a version: one that is known is not sent, and a change of another one is refused', async () => {
    const { body, headers } = await directory.post('/Users', newUser('Eta Tag'))
    const path = `/Users/${body.id}`
    const etag = headers.get('etag') ?? ''
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
    expect((await directory.get(path, { 'If-None-Match': etag })).status).toBe(304)
    const wanted = newUser('Eta Tag', { displayName: 'Eta Two' })
    const put = await directory.put(path, wanted, { 'If-Match': etag })
    expect(put.status).toBe(200)
    expect(put.headers.get('etag')).not.toBe(etag)
    expect((await directory.get(path, { 'If-None-Match': etag })).status).toBe(200)
    const late = await directory.put(path, wanted, { 'If-Match': etag })
    expect([late.status, late.body.status]).toEqual([412, '412'])
    expect((await directory.put(path, wanted, { 'If-Match': '*' })).status).toBe(200)
  })

  test('to what is not offered say so', async () => {
    const places: [string, string, number][] = [
      ['POST', '/Bulk', 501],
      ['GET', '/Me', 501],
      ['POST', '/Users/.search', 501],
      ['GET', '/Devices', 404],
      ['GET', '/', 404],
      ['GET', '/Groups/a/b', 404],
      ['POST', '/Schemas', 405],
      ['DELETE', '/Users', 405],
      ['GET', `/Users/${crypto.randomUUID()}`, 404],
      ['GET', '/Users/..%2f..%2fusers', 404],
    ]
    for (const [method, path, status] of places) {
      const answer = await directory.call(method, path, method === 'POST' ? {} : undefined)
      expect([method, path, answer.status, answer.body.status]).toEqual([
        method,
        path,
        status,
        String(status),
      ])
    }
    const text = { 'Content-Type': 'text/plain' }
    expect((await directory.call('POST', '/Users', newUser('No Type'), text)).status).toBe(415)
    const json = { 'Content-Type': 'application/json' }
    expect((await directory.call('POST', '/Users', newUser('Plain Json'), json)).status).toBe(201)
  })
})
