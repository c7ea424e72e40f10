import { describe, expect, test } from 'bun:test'
import type { User } from '../../../src/contracts/resources.ts'
import { knowAgent, OtherOrg, whoText } from '../../src/proof/know-agent.ts'
import { Trouble } from '../../src/proof/step.ts'
import { KeyRefused, ServerAway, ServerRefused } from '../../src/server/port.ts'

const API_KEY = `mc_ak_live_a1B2c3D4e5F6_${'s'.repeat(43)}`
const SCOUT: User = {
  id: '0197a5d2-0001-7000-8000-000000000001',
  type: 'agent',
  username: 'scout',
  display_name: 'Scout',
  role: 'contributor',
  status: 'active',
  last_active_at: null,
  assigned_project_ids: [],
  notification_preferences: { email: 'none' },
}

const ask = (answer: User | Error) =>
  knowAgent(
    {
      async me() {
        if (answer instanceof Error) throw answer
        return answer
      },
    },
    { org_slug: 'acme', api_key: API_KEY },
  )

async function troubleOf(answer: User | Error): Promise<Trouble> {
  const error = await ask(answer).catch((reason: unknown) => reason)
  if (error instanceof Trouble) return error
  throw new Error(`no trouble: ${error}`)
}

test('a key is known by its agent', async () => {
  expect(whoText(await ask(SCOUT), 'acme')).toBe('Scout (@scout) in acme, contributor')
})

describe('a key that does not do', () => {
  test.each<[string, User | Error, string]>([
    ['is not accepted', new KeyRefused('401'), 'does not accept the key mc_ak_live_a1B2c3D4e5F6_…'],
    [
      'is of another organization',
      new ServerRefused('GET /users/me', 404, 'ORG_NOT_FOUND', 'x'),
      'is valid, but not in an organization "acme"',
    ],
    ['is of a person', { ...SCOUT, type: 'human', display_name: 'Ines' }, 'is of a person, Ines'],
    ['is of an agent that was let go', { ...SCOUT, status: 'deactivated' }, 'Scout is not active'],
    ['may not ask', new ServerRefused('GET /users/me', 403, 'FORBIDDEN', 'x'), '(403 FORBIDDEN)'],
    ['was not looked at', new ServerAway('503'), 'did not answer'],
  ])('%s', async (_, answer, words) => {
    const trouble = await troubleOf(answer)
    expect(trouble.message).toContain(words)
    expect(trouble.todo).not.toBeNull()
    expect(`${trouble.message}${trouble.todo}`).not.toContain('sss')
  })

  test('in another organization can be told from one that is refused', async () => {
    expect(await troubleOf(new ServerRefused('x', 404, 'ORG_NOT_FOUND', 'x'))).toBeInstanceOf(OtherOrg)
    expect(await troubleOf(new KeyRefused('x'))).not.toBeInstanceOf(OtherOrg)
  })
})
