import { Value } from '@sinclair/typebox/value'
import type { Problem } from './errors.ts'
import { problemsOf } from './problems.ts'
import { OrgSettings } from './settings.ts'

/** Problems of settings as the server would answer them, for a form that checks before it sends. Evaluates no code. */
export function settingsProblems(settings: unknown): Problem[] {
  return problemsOf(Value.Errors(OrgSettings, settings), '/settings')
}
