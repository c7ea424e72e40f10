import type { TypeCheck } from '@sinclair/typebox/compiler'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { invalid } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import { problemsOf } from '../contracts/problems.ts'
import type { Org } from '../contracts/resources.ts'
import { DEFAULT_SETTINGS, OrgSettings } from '../contracts/settings.ts'
import type { SignInRule, SignInWay } from '../contracts/sign-in.ts'
import { updateOrg } from '../db/writes/orgs.ts'
import { isTimeZone } from '../domain/local-time.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { checkNotReserved } from '../domain/names.ts'
import { patchSettings } from '../domain/settings.ts'
import { admits, signInRule } from '../domain/sign-in.ts'
import type { Command } from './command.ts'
import { existingOrg } from './existing.ts'

const checkSettings: TypeCheck<typeof OrgSettings> = TypeCompiler.Compile(OrgSettings)

/** Changes name and settings of an org; the schema checks the patched settings as a whole. */
export const orgUpdate: Command<'org.update'> = {
  name: 'org.update',
  action: 'org.update',
  async run(context, input, principal) {
    if (input.name !== undefined) checkNotReserved(input.name)
    const before = await existingOrg(context)
    const settings = input.settings === undefined ? before.settings : patched(before.settings, input.settings)
    const name = input.name ?? before.name
    const renamed = name !== before.name
    const changed = JSON.stringify(settings) !== JSON.stringify(before.settings)
    if (!renamed && !changed) return { result: before, events: [] }
    const org: Org = { ...before, name, settings, updated_at: context.now }
    const rule = signInRule(settings)
    const ways_changed = JSON.stringify(rule) !== JSON.stringify(signInRule(before.settings))
    if (ways_changed) checkStaysIn(principal, rule)
    await updateOrg(context, org)
    const events: NewEvent[] = []
    if (renamed) events.push({ type: 'org.updated', payload: { org } })
    if (changed)
      events.push({
        type: 'org.settings_changed',
        payload: { org },
        ...(ways_changed ? { revokes: { reason: 'session', sign_in: rule } } : {}),
      })
    return { result: org, events }
  },
}

/** An administrator never locks itself out: the way of the own session must stay. */
function checkStaysIn({ sign_in }: Principal & { sign_in?: SignInWay }, rule: SignInRule): void {
  if (sign_in === undefined || admits(rule, sign_in)) return
  const path = rule.methods.includes(sign_in.method)
    ? '/settings/integrations/google_workspace/domain'
    : '/settings/authentication/allowed_oidc_providers'
  throw invalid({ path, message: 'You would lock yourself out: first sign in in a way that stays allowed.' })
}

function patched(current: OrgSettings, patch: Record<string, unknown>): OrgSettings {
  const settings = patchSettings(current, patch, DEFAULT_SETTINGS)
  if (!checkSettings.Check(settings))
    throw invalid(...problemsOf(checkSettings.Errors(settings), '/settings'))
  // One that is stored stays, whatever zones the present runtime knows.
  if (settings.time_zone !== current.time_zone && !isTimeZone(settings.time_zone))
    throw invalid({
      path: '/settings/time_zone',
      message: 'Must be the name of a time zone, e.g. Europe/Berlin.',
    })
  return settings
}
