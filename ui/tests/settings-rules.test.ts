import { describe, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { problemsOf } from '../../src/contracts/problems.ts'
import { DEFAULT_SETTINGS, OrgSettings } from '../../src/contracts/settings.ts'
import {
  catchUp,
  changedFields,
  type FieldPath,
  mergePatch,
  type OrgDraft,
  problemsOfDraft,
  setValueAt,
  valueAt,
} from '../src/components/settings/settings-rules.ts'
import { fieldsOf, SETTINGS_TABS } from '../src/components/settings/settings-tabs.ts'

const SSE: FieldPath = '/settings/connection_limits/sse'
const SOCKETS: FieldPath = '/settings/connection_limits/websocket'
const EVIDENCE: FieldPath = '/settings/task_defaults/required_evidence_types'
const FIELDS = [SSE, SOCKETS, EVIDENCE]

function draft(values: Record<FieldPath, unknown> = {}): OrgDraft {
  const made: OrgDraft = { name: 'Fieldnote', settings: structuredClone(DEFAULT_SETTINGS) }
  for (const field of Object.keys(values) as FieldPath[]) setValueAt(made, field, values[field])
  return made
}

describe('the merge patch of a form', () => {
  test('holds only what differs, and a list whole', () => {
    expect(mergePatch(draft(), draft())).toEqual({})
    expect(mergePatch(draft(), draft({ [SSE]: 50, [EVIDENCE]: ['pr_link'], '/name': 'Field' }))).toEqual({
      name: 'Field',
      settings: {
        connection_limits: { sse: 50 },
        task_defaults: { required_evidence_types: ['pr_link'] },
      },
    })
  })
})

describe('a form while somebody else saves', () => {
  test('takes what was not touched and keeps what was', () => {
    const caught = catchUp(FIELDS, draft(), draft({ [SSE]: 50 }), draft({ [SOCKETS]: 9 }))
    expect(caught.taken).toEqual([SOCKETS])
    expect(caught.conflicts.size).toBe(0)
    expect(valueAt(caught.draft, SSE)).toBe(50)
    expect(valueAt(caught.draft, SOCKETS)).toBe(9)
  })

  test('names the field that both changed, with the value there', () => {
    const caught = catchUp(FIELDS, draft(), draft({ [SSE]: 50 }), draft({ [SSE]: 70 }))
    expect([...caught.conflicts]).toEqual([[SSE, 70]])
    expect(valueAt(caught.draft, SSE)).toBe(50)
    const lists = catchUp(
      FIELDS,
      draft(),
      draft({ [EVIDENCE]: ['pr_link'] }),
      draft({ [EVIDENCE]: ['doc_url'] }),
    )
    expect([...lists.conflicts]).toEqual([[EVIDENCE, ['doc_url']]])
  })

  test('has no conflict when both chose the same, or when the own save comes back', () => {
    const caught = catchUp(FIELDS, draft(), draft({ [SSE]: 50 }), draft({ [SSE]: 50 }))
    expect(caught.conflicts.size).toBe(0)
    expect(changedFields(FIELDS, draft({ [SSE]: 50 }), caught.draft)).toEqual([])
  })
})

describe('the check of a form', () => {
  test('has the problems of the server, with their range', () => {
    const numbers = SETTINGS_TABS.flatMap((tab) => tab.numbers)
    const problems = (values: Record<FieldPath, unknown> = {}) => problemsOfDraft(draft(values), numbers)
    expect(problems()).toEqual([])
    expect(problems({ [SSE]: 0, '/name': '  ' })).toEqual([
      { path: '/name', message: 'Type a name.' },
      { path: SSE, message: 'Must be a whole number from 1 to 100,000.' },
    ])
    expect(problems({ [SSE]: Number.NaN }).map(({ path }) => path)).toEqual([SSE])
    expect(problems({ '/name': 'a\u202eb' })[0]?.message).toContain('control')
    for (const { path, range } of numbers)
      for (const value of [range.minimum - 1, range.maximum + 1, 1.5]) {
        const said = problemsOf(Value.Errors(OrgSettings, draft({ [path]: value }).settings), '/settings')
        expect(problems({ [path]: value }).map((one) => one.path)).toEqual(said.map((one) => one.path))
        if (Number.isInteger(value)) expect(problems({ [path]: value })).toEqual(said)
      }
  })

  test('knows every field of every tab', () => {
    for (const tab of SETTINGS_TABS)
      for (const field of fieldsOf(tab)) expect(valueAt(draft(), field)).toBeDefined()
  })
})
