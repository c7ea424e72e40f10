import type { Problem } from '@contracts/errors.ts'
import { LIMITS } from '@contracts/limits.ts'
import { tidyName } from '@contracts/names.ts'
import type { Org } from '@contracts/resources.ts'
import { inRange, type Range } from '@contracts/setting-limits.ts'
import { inNumber, t } from '../../i18n/index.ts'
import { nameProblem } from '../members/name-problem.ts'

/** Rules of the forms of the settings: pure. */

/** What the forms change of an org. */
export type OrgDraft = Pick<Org, 'name' | 'settings'>

/** Place of a field in a draft, as a JSON pointer: `/settings/connection_limits/sse`. */
export type FieldPath = `/${string}`

type Plain = Record<string, unknown>

/** The JSON Merge Patch (RFC 7396) that turns one value into another: only what differs. Lists are replaced whole. */
export function mergePatch(from: object, to: object): Plain {
  const patch: Plain = {}
  const before: Plain = { ...from }
  for (const [key, value] of Object.entries(to)) {
    const former = before[key]
    if (same(former, value)) continue
    patch[key] = isPlain(value) && isPlain(former) ? mergePatch(former, value) : value
  }
  return patch
}

/** Fields whose values differ in two drafts. */
export function changedFields(fields: readonly FieldPath[], one: OrgDraft, other: OrgDraft): FieldPath[] {
  return fields.filter((field) => !same(valueAt(one, field), valueAt(other, field)))
}

/** A draft that somebody else's change reached. */
export interface Caught {
  draft: OrgDraft
  /** Fields that were changed here and there, with the value there. */
  conflicts: Map<FieldPath, unknown>
  /** Fields that only the other one changed: they show the new value. */
  taken: FieldPath[]
}

/** Brings a draft, that began as `base`, up to the values that are stored now. What was typed is never overwritten. */
export function catchUp(
  fields: readonly FieldPath[],
  base: OrgDraft,
  draft: OrgDraft,
  stored: OrgDraft,
): Caught {
  const conflicts = new Map<FieldPath, unknown>()
  const taken: FieldPath[] = []
  const next = structuredClone(stored)
  for (const field of fields) {
    const [was, mine, theirs] = [base, draft, stored].map((one) => valueAt(one, field))
    if (same(mine, was)) {
      if (!same(theirs, was)) taken.push(field)
      continue
    }
    setValueAt(next, field, mine)
    if (!same(theirs, was) && !same(theirs, mine)) conflicts.set(field, theirs)
  }
  return { draft: next, conflicts, taken }
}

/** Problems of a draft in its name, its ways of signing in and these numbers, as the server would answer them. */
export function problemsOfDraft(
  draft: OrgDraft,
  numbers: readonly { path: FieldPath; range: Range }[],
): Problem[] {
  const tidy = tidyName(draft.name)
  const wrong =
    tidy === ''
      ? t('settings.problem.no_name')
      : [...tidy].length > LIMITS.org_name_max
        ? t('settings.problem.long_name', { max: LIMITS.org_name_max })
        : nameProblem(tidy)
  const outside = numbers.filter(({ path, range }) => !inRange(valueAt(draft, path), range))
  const { allowed_oidc_providers } = draft.settings.authentication
  const { enabled, domain } = draft.settings.integrations.google_workspace
  const none = allowed_oidc_providers.length === 0
  const no_domain = enabled && !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain ?? '')
  return [
    ...(wrong ? [{ path: '/name', message: wrong }] : []),
    ...(none
      ? [{ path: '/settings/authentication/allowed_oidc_providers', message: t('settings.problem.no_way') }]
      : []),
    ...(no_domain
      ? [
          {
            path: '/settings/integrations/google_workspace/domain',
            message: t('settings.problem.no_domain'),
          },
        ]
      : []),
    ...outside.map(({ path, range }) => ({
      path,
      message: t('settings.problem.range', rangeInWords(range)),
    })),
  ]
}

/** The ends of a range as the language writes numbers: "1", "100,000". */
export const rangeInWords = ({ minimum, maximum }: Range) => ({
  minimum: inNumber(minimum),
  maximum: inNumber(maximum),
})

export function valueAt(draft: OrgDraft, field: FieldPath): unknown {
  return keysOf(field).reduce<unknown>((value, key) => (isPlain(value) ? value[key] : undefined), draft)
}

export function setValueAt(draft: OrgDraft, field: FieldPath, value: unknown): void {
  const path = keysOf(field)
  const last = path.pop()
  const parent = path.reduce<unknown>((one, key) => (isPlain(one) ? one[key] : undefined), draft)
  if (last !== undefined && isPlain(parent)) parent[last] = value
}

const keysOf = (field: FieldPath) => field.slice(1).split('/')

/** Equal as JSON; the order of a list counts. A number that was not typed to its end equals itself. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => same(item, other[at]))
  if (!isPlain(one) || !isPlain(other)) return false
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => same(one[key], other[key]))
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
