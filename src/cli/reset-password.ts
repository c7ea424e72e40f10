import { signShellLink } from '../auth/shell-links.ts'
import { signingSecret } from './signing-secret.ts'

/** Prints a one-time link for a new password. Needs the secret of the server only, so the server may run or not. */
export function resetPassword(
  env: Record<string, string | undefined>,
  options: {
    email: string
    org: string | undefined
    without_second_factor: boolean
    allow_password: boolean
  },
): number {
  const { email, org, without_second_factor, allow_password } = options
  const server = signingSecret(env)
  if (!server) return 1
  const of_org = org === undefined ? {} : { org_slug: org }
  const link = { email, issued_at: Date.now(), without_second_factor, allow_password, ...of_org }
  console.log(`A new password for ${email} (works once, within an hour):`)
  console.log(`${server.public_url}/sign-in-link/${signShellLink(server.secret, link)}`)
  return 0
}
