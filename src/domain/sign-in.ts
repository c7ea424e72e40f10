import { ApiError } from '../contracts/errors.ts'
import type { OrgSettings } from '../contracts/settings.ts'
import type { SignInRule, SignInWay } from '../contracts/sign-in.ts'

/** The ways into an org, by its settings. */
export function signInRule({
  authentication,
  integrations: { google_workspace },
}: Pick<OrgSettings, 'authentication' | 'integrations'>): SignInRule {
  return {
    methods: authentication.allowed_oidc_providers,
    google_domain: google_workspace.enabled ? google_workspace.domain : null,
  }
}

/** Whether a session that was started this way enters an org. */
export function admits(
  { methods, google_domain }: SignInRule,
  { method, hosted_domain }: SignInWay,
): boolean {
  if (!methods.includes(method)) return false
  return method !== 'google' || google_domain === null || hosted_domain === google_domain
}

/** Throws 409 unless an org is entered with a password, by which its one-time links let people in. */
export function checkTakesPasswords({ methods }: SignInRule): void {
  if (methods.includes('password')) return
  throw new ApiError(
    'INVALID_TRANSITION',
    'This organization lets nobody in with a password, so a link for a new one would lead nowhere. Sign in with a provider; an administrator changes the ways in under Settings, Sign-in.',
  )
}

/** Whether a password lets its person in anywhere. Somebody without an organization is kept out by none. */
export function opensByPassword(
  memberships: readonly { status: string; sign_in: Pick<OrgSettings, 'authentication' | 'integrations'> }[],
): boolean {
  const active = memberships.filter(({ status }) => status === 'active')
  return active.length === 0 || active.some(({ sign_in }) => signInRule(sign_in).methods.includes('password'))
}

/** Throws 409 when a password of somebody would let in nowhere. */
export function checkOpensByPassword(memberships: Parameters<typeof opensByPassword>[0]): void {
  if (!opensByPassword(memberships))
    throw new ApiError(
      'INVALID_TRANSITION',
      'None of your organizations lets you in with a password. Sign in with a provider.',
    )
}
