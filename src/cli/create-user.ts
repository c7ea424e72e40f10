import { signShellInvite } from '../auth/shell-links.ts'
import { isEmail } from '../contracts/addresses.ts'
import { LIMITS } from '../contracts/limits.ts'
import { nameProblem, tidyName } from '../contracts/names.ts'
import { ROLES, type Role } from '../contracts/vocabulary.ts'
import { signingSecret } from './signing-secret.ts'

interface NewUser {
  email: string
  name: string
  org: string
  role: string
}

/** Prints a one-time invite link. Needs the secret of the server only, so the server may run or not. */
export function createUser(
  env: Record<string, string | undefined>,
  { email, name, org, role }: NewUser,
): number {
  const display_name = tidyName(name)
  const problem = !isEmail(email)
    ? `--email: "${email}" is no e-mail address.`
    : display_name === '' || display_name.length > LIMITS.display_name_max || nameProblem(display_name)
      ? '--name must be a name that can be read.'
      : isRole(role)
        ? undefined
        : `--role must be one of: ${ROLES.join(', ')}.`
  if (problem !== undefined || !isRole(role)) {
    console.error(problem)
    return 2
  }
  const server = signingSecret(env)
  if (!server) return 1
  const invite = { email, display_name, org_slug: org, role, issued_at: Date.now() }
  console.log(`An invite for ${email} to ${org} as ${role} (works once, within an hour):`)
  console.log(`${server.public_url}/invite/${signShellInvite(server.secret, invite)}`)
  return 0
}

function isRole(role: string): role is Role {
  return ROLES.some((known) => known === role)
}
