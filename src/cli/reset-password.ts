import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { signShellLink } from '../auth/shell-links.ts'
import { loadConfig } from '../config.ts'
import { secretsOf } from '../node.ts'

/** Prints a one-time link for a new password. Needs the secret of the server only, so the server may run or not. */
export function resetPassword(
  env: Record<string, string | undefined>,
  { email, org }: { email: string; org: string | undefined },
): number {
  const { config } = loadConfig(env)
  const data_dir = resolve(config.data_dir)
  // Secrets are made on the first start: a link signed with new ones would open nothing.
  if (config.jwt_secret === undefined && !existsSync(join(data_dir, 'secrets', 'jwt-secret'))) {
    console.error(`There is no server in ${data_dir}. Set MC_DATA_DIR to the data folder of the server.`)
    return 1
  }
  const [key] = secretsOf(config, data_dir).jwt
  if (!key) throw new Error('unreachable: there is a first secret')
  const link = { email, issued_at: Date.now(), ...(org === undefined ? {} : { org_slug: org }) }
  console.log(`A new password for ${email} (works once, within an hour):`)
  console.log(`${config.public_url}/sign-in-link/${signShellLink(key.secret, link)}`)
  return 0
}
