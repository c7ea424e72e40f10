import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadConfig } from '../config.ts'
import { secretsOf } from '../node.ts'

/** The secret with which the server reads links of its shell. Undefined, with a line for the operator, without a server. */
export function signingSecret(
  env: Record<string, string | undefined>,
): { secret: Uint8Array; public_url: string } | undefined {
  const { config } = loadConfig(env)
  const data_dir = resolve(config.data_dir)
  // Secrets are made on the first start: a link signed with new ones would open nothing.
  if (config.jwt_secret === undefined && !existsSync(join(data_dir, 'secrets', 'jwt-secret'))) {
    console.error(`There is no server in ${data_dir}. Set MC_DATA_DIR to the data folder of the server.`)
    return undefined
  }
  const [key] = secretsOf(config, data_dir).jwt
  if (!key) throw new Error('unreachable: there is a first secret')
  return { secret: key.secret, public_url: config.public_url }
}
