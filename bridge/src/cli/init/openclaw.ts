import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULTS } from '../../config/defaults.ts'
import type { Surroundings } from '../../config/paths.ts'
import { nameOf, objectOf } from '../../gateway/json.ts'

/** What the configuration of OpenClaw on this machine tells of its gateway. */
export interface LocalGateway {
  url: string
  /** The shared token; undefined when it is not there in clear text. */
  token: string | undefined
  /** The file that tells it, for people. */
  token_from: string | undefined
}

/** Reads `openclaw.json`, which is JSON5, where it is there and readable. Never throws. */
export function localGateway({ env, home }: Surroundings): LocalGateway {
  const folder = env.OPENCLAW_STATE_DIR || join(home, '.openclaw')
  const path = env.OPENCLAW_CONFIG_PATH || join(folder, 'openclaw.json')
  const { port, auth } = objectOf(objectOf(parsed(path)).gateway)
  const number = Number(env.OPENCLAW_GATEWAY_PORT || port)
  const valid = Number.isInteger(number) && number > 0 && number < 65_536
  const token = nameOf(objectOf(auth).token)
  // `${NAME}` stands for a variable of the gateway's own environment.
  const clear = token !== undefined && !token.includes('${') ? token : undefined
  return {
    url: valid ? `ws://127.0.0.1:${number}` : DEFAULTS.gateway_url,
    token: clear,
    token_from: clear === undefined ? undefined : path,
  }
}

function parsed(path: string): unknown {
  try {
    return Bun.JSON5.parse(readFileSync(path, 'utf8'))
  } catch {
    // Not there, not readable, or not understood: then the person is asked.
    return undefined
  }
}
