import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ApiError } from '../../../src/contracts/errors.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import {
  DELIVERY_STATES,
  EVIDENCE_TYPES,
  ORG_STATUSES,
  PROJECT_STAGES,
  TASK_STATUSES,
} from '../../../src/contracts/vocabulary.ts'
import { ACTIONS } from '../../../src/domain/access.ts'
import {
  nextDeliveryStates,
  nextOrgStatuses,
  nextStages,
  nextStatuses,
  ORG_STEPS,
  type OrgStep,
} from '../../../src/domain/lifecycle.ts'
import { filledSettings, patchSettings } from '../../../src/domain/settings.ts'
import { checkCompletion, checkEvidence, checkTransition } from '../../../src/domain/tasks.ts'

describe('project stages', () => {
  test('every pair: one forward, any number back, never into or out of the end of life', () => {
    for (const [i, from] of PROJECT_STAGES.entries())
      for (const [j, to] of PROJECT_STAGES.entries()) {
        const allowed = from !== 'end-of-life' && to !== 'end-of-life' && (j === i + 1 || j < i)
        expect(nextStages(from).includes(to), `${from} → ${to}`).toBe(allowed)
      }
  })
})

describe('task statuses', () => {
  test('every pair: the first three both ways, complete from each, out of complete only to in-progress', () => {
    for (const from of TASK_STATUSES)
      for (const to of TASK_STATUSES) {
        const allowed = from === 'complete' ? to === 'in-progress' : from !== to
        expect(nextStatuses(from).includes(to), `${from} → ${to}`).toBe(allowed)
        if (allowed) expect(() => checkTransition(from, to)).not.toThrow()
        else
          expect(() => checkTransition(from, to)).toThrow(
            expect.objectContaining({ errorCode: 'INVALID_TRANSITION' }),
          )
      }
  })

  test('a refused transition names the allowed ones', () => {
    try {
      checkTransition('complete', 'backlog')
      expect.unreachable()
    } catch (error) {
      expect(error instanceof ApiError && error.details).toEqual({
        from: 'complete',
        to: 'backlog',
        allowed: ['in-progress'],
      })
    }
  })

  test('completion needs exactly: no required type missing, no blocker open', () => {
    const types = fc.uniqueArray(fc.constantFrom(...EVIDENCE_TYPES))
    const blockers = fc
      .array(fc.constantFrom(...TASK_STATUSES))
      .map((list) => list.map((status, i) => ({ id: `${i}`, title: 't', status })))
    fc.assert(
      fc.property(types, types, blockers, (required_evidence_types, present, blocked_by) => {
        const missing = required_evidence_types.filter((type) => !present.includes(type))
        const open = blocked_by.filter((b) => b.status !== 'complete')
        const code = missing.length > 0 ? 'EVIDENCE_REQUIRED' : open.length > 0 ? 'TASK_BLOCKED' : undefined
        const run = () => checkCompletion({ required_evidence_types, blocked_by }, present)
        if (code) expect(run).toThrow(expect.objectContaining({ errorCode: code }))
        else expect(run).not.toThrow()
      }),
    )
  })

  test('with the GitHub integration a pull request lies under the organization, and nowhere that looks like it', () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      integrations: { ...DEFAULT_SETTINGS.integrations, github: { enabled: true, org_name: 'Fieldnote' } },
    }
    const check = (url: string, type: 'pr_link' | 'doc_url' = 'pr_link') =>
      checkEvidence({ type, url }, settings)
    expect(() => check('https://github.com/fieldnote/app/pull/1')).not.toThrow()
    expect(() => check('https://docs.example.com', 'doc_url')).not.toThrow()
    for (const url of [
      'https://github.com/fieldnote-evil/app/pull/1',
      'https://github.com.evil.example/fieldnote/x',
      'https://github.com@evil.example/fieldnote/x',
      'https://gitlab.com/fieldnote/x',
    ])
      expect(() => check(url), url).toThrow(expect.objectContaining({ errorCode: 'VALIDATION_FAILED' }))
  })
})

describe('an organization', () => {
  test('every pair: suspended and back, to be deleted from both, back from there, nothing else', () => {
    const allowed = [
      'active → suspended',
      'active → pending_deletion',
      'suspended → active',
      'suspended → pending_deletion',
      'pending_deletion → active',
    ]
    for (const from of ORG_STATUSES)
      for (const to of ORG_STATUSES)
        expect(nextOrgStatuses(from).includes(to), `${from} → ${to}`).toBe(
          allowed.includes(`${from} → ${to}`),
        )
  })

  test('every step leads from somewhere else to where it leads, and is an action of administrators alone', () => {
    for (const [step, { from, to }] of Object.entries(ORG_STEPS)) {
      expect(from as readonly string[]).not.toContain(to)
      expect(ACTIONS[`org.${step as OrgStep}`]).toMatchObject({
        administrator: 'yes',
        contributor: 'forbidden',
        sub_agent: 'not_found',
      })
    }
  })
})

describe('a delivery', () => {
  test('every pair: forward or the same again; answered and failed are ends', () => {
    for (const [i, from] of DELIVERY_STATES.entries())
      for (const [j, to] of DELIVERY_STATES.entries()) {
        const ended = from === 'answered' || from === 'failed'
        expect(nextDeliveryStates(from).includes(to), `${from} → ${to}`).toBe(ended ? i === j : j >= i)
      }
  })
})

describe('settings', () => {
  test('a patch changes what it names, null goes back to the default or to null, the rest stays', () => {
    const patched = patchSettings(
      { ...DEFAULT_SETTINGS, deletion_grace_period_days: 60 },
      {
        deletion_grace_period_days: null,
        agent_limits: { max_concurrent_sub_agents: 3, allowed_models: ['m'] },
        notifications: { default_channel: null },
      },
      DEFAULT_SETTINGS,
    )
    expect(patched).toMatchObject({
      deletion_grace_period_days: 30,
      agent_limits: {
        max_concurrent_sub_agents: 3,
        allowed_models: ['m'],
        sub_agent_default_timeout_minutes: 30,
      },
      notifications: { default_channel: null, enabled_channels: ['email'] },
    })
    expect(patchSettings(DEFAULT_SETTINGS, {}, DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
  })

  test('stored settings get the defaults of newer ones, and lose former ones', () => {
    const { time_zone: _, ...older } = DEFAULT_SETTINGS
    const stored = { ...older, connection_limits: { sse: 7 }, former: true, agent_limits: null }
    expect(filledSettings<unknown>(stored, DEFAULT_SETTINGS)).toEqual({
      ...DEFAULT_SETTINGS,
      connection_limits: { sse: 7, websocket: 200 },
    })
    expect(filledSettings(DEFAULT_SETTINGS, DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
  })
})
