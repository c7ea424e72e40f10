import { describe, expect, test } from 'bun:test'
import {
  ownsKey,
  parseSessionKey,
  sessionKey,
  sessionOf,
  sessionOfChannel,
} from '../../src/relay/session-keys.ts'

const ID = '0197a5d2-0001-7000-8000-00000000000a'
const owner = { gateway_agent: 'Main', org_slug: 'acme' }

describe('B43 session keys', () => {
  test('have the form of their place, in small letters', () => {
    const { kind: _, ...base } = { kind: 'org', ...owner }
    expect(sessionOf(base, { kind: 'project', id: ID.toUpperCase() })).toBe(
      `agent:main:mc:acme:project:${ID}`,
    )
    expect(sessionOf(base, { kind: 'sub', id: ID })).toBe(`agent:main:mc:acme:sub:${ID}`)
    expect(sessionOfChannel(base, { id: ID, project_id: null })).toBe(`agent:main:mc:acme:org:${ID}`)
    expect(sessionOfChannel(base, { id: 'x', project_id: ID })).toBe(`agent:main:mc:acme:project:${ID}`)
  })

  test('carry their generation from the first reset on', () => {
    const session = sessionOf(owner, { kind: 'org', id: ID })
    expect(sessionKey(session, 0)).toBe(session)
    expect(sessionKey(session, 2)).toBe(`${session}:g2`)
  })

  test('are read back, in whatever case', () => {
    for (const kind of ['project', 'org', 'sub'] as const)
      for (const generation of [0, 1, 12]) {
        const session = sessionOf(owner, { kind, id: ID })
        const parsed = {
          session,
          gateway_agent: 'main',
          org_slug: 'acme',
          place: { kind, id: ID },
          generation,
        }
        expect(parseSessionKey(sessionKey(session, generation))).toEqual(parsed)
        expect(parseSessionKey(sessionKey(session, generation).toUpperCase())).toEqual(parsed)
      }
  })

  test.each([
    'agent:main:main',
    `agent:main:subagent:${ID}`,
    `agent:main:mc:channel:${ID}`,
    `agent:main:mc:acme:org:${ID}:thread:1`,
    `agent:main:mc:acme:org:${ID}:g0`,
    `agent:main:mc:acme:org:${ID}:g01`,
    `agent:main:mc:acme:org:${ID}:g`,
    `agent:main:mc:acme:org:not-an-id`,
    `agent:main:mc:acme:task:${ID}`,
    `agent:main:x:mc:acme:org:${ID}`,
    ` agent:main:mc:acme:org:${ID}`,
    `agent:main:mc:acme:org:${ID}\nagent:main:mc:acme:org:${ID}`,
    '',
  ])('%j is none', (key) => {
    expect(parseSessionKey(key)).toBeUndefined()
    expect(ownsKey(owner, key)).toBe(false)
  })

  test('belong to one agent in one org', () => {
    const key = sessionKey(sessionOf(owner, { kind: 'org', id: ID }), 3)
    expect(ownsKey(owner, key)).toBe(true)
    expect(ownsKey(owner, key.toUpperCase())).toBe(true)
    expect(ownsKey({ ...owner, org_slug: 'acm' }, key)).toBe(false)
    expect(ownsKey({ ...owner, org_slug: 'acme-2' }, key)).toBe(false)
    expect(ownsKey({ ...owner, gateway_agent: 'mai' }, key)).toBe(false)
  })
})
