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
