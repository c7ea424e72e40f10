import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CredentialMissing, type Credentials } from '../config.ts'
import type { Means } from './source.ts'

/**
 * A secret that the process was started with: an environment variable, or a file of that name in the folder of systemd's
 * `LoadCredential=` (systemd.exec(5)), which only the service can read. Undefined when there is neither.
 */
export function secretOfProcess(name: string, env: Means['env']): string | undefined {
  if (env[name]) return env[name]
  const folder = env.CREDENTIALS_DIRECTORY
  if (!folder || !/^\w+$/.test(name)) return undefined
  try {
    return readFileSync(join(folder, name), 'utf8').trim() || undefined
  } catch {
    // No such file: the unit loads other credentials.
    return undefined
  }
}

/** Credentials that the process was started with. They do not change while it runs. */
export function environmentCredentials({ env }: Pick<Means, 'env'>): Credentials {
  return {
    async get(name) {
      const value = secretOfProcess(name, env)
      if (value !== undefined) return value
      throw new CredentialMissing(`The environment variable ${name} is not set.`)
    },
    watch() {},
  }
}
