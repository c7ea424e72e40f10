import { resolve } from 'node:path'
import { JWT_SECRET_MS, rotateStoredSecret } from '../auth/secrets.ts'
import { loadConfig } from '../config.ts'

/** Replaces the signing secret in the data folder; the former one still counts for what it has signed. */
export function rotateSecret(env: Record<string, string | undefined>): number {
  const { config } = loadConfig(env)
  if (config.jwt_secret !== undefined) {
    console.error(
      'The secret is in the settings. Set MC_JWT_SECRET_PREVIOUS to the value of MC_JWT_SECRET, MC_JWT_SECRET to a new one, and restart the server.',
    )
    return 1
  }
  const data_dir = resolve(config.data_dir)
  if (!rotateStoredSecret(data_dir)) {
    console.error(`There is no server in ${data_dir}. Set MC_DATA_DIR to the data folder of the server.`)
    return 1
  }
  console.log(
    `The signing secret is new. Restart the server: nobody is signed out. The former secret counts until the next rotation; if it may be known to somebody, rotate again after ${JWT_SECRET_MS / 3_600_000} h.`,
  )
  return 0
}
