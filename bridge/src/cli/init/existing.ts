import { join } from 'node:path'
import { type Config, ConfigProblems } from '../../config/config.ts'
import { openCredentials } from '../../config/credentials/open.ts'
import { CONFIG_NAME, configCandidates, configFolder, type Surroundings } from '../../config/paths.ts'
import { parseConfig } from '../../config/read.ts'
import { counted } from '../../health/words.ts'
import type { Dialog } from './dialog.ts'
import { textOfFile } from './files.ts'
import type { ServerHints } from './server-part.ts'

/** The configuration that is there, and what it offers as answers. */
export interface Existing {
  /** Where the configuration is, or will be. */
  path: string
  text: string | undefined
  config: Config | undefined
  known: ServerHints['known']
}

/**
 * Looks at the usual places. One that cannot be read as a configuration is replaced only when a person says so: else its
 * problems are thrown.
 */
export async function findExisting(
  dialog: Dialog,
  options: { config: string | undefined; force: boolean },
  around: Surroundings,
): Promise<Existing> {
  const named = options.config ?? around.env.MC_BRIDGE_CONFIG
  const places = configCandidates(options.config, around)
  for (const path of places) {
    const text = textOfFile(path)
    if (text === undefined) continue
    if (options.force) return nothing(path)
    return await read(dialog, path, text, around)
  }
  return nothing((named ? places[0] : undefined) ?? join(configFolder(around), CONFIG_NAME))
}

async function read(dialog: Dialog, path: string, text: string, around: Surroundings): Promise<Existing> {
  let config: Config
  try {
    config = parseConfig(text, path, around)
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error
    if (!dialog.goes_on) throw error
    dialog.say(`\n${error.message}`)
    if (await dialog.confirm('Begin anew and replace it?', false)) return nothing(path)
    throw error
  }
  dialog.say(`\n${path} is there, with ${counted(config.agents.length, 'agent')}. Its values are offered.`)
  const [first] = config.agents
  const credentials = openCredentials(config.credentials, { env: around.env })
  // A key that is not there is asked for.
  const api_key = first && (await credentials.get(first.api_key_env).catch(() => undefined))
  const { url, verify_tls } = config.mission_control
  return { path, text, config, known: { url, verify_tls, org_slug: first?.org_slug, api_key } }
}

const nothing = (path: string): Existing => ({
  path,
  text: undefined,
  config: undefined,
  known: { url: undefined, verify_tls: true, org_slug: undefined, api_key: undefined },
})
