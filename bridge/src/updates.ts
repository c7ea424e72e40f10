import { isVersion } from './compatibility.ts'
import type { ServerVersion } from './server/port.ts'
import { BRIDGE_VERSION } from './version.ts'

/** A server is asked for its version this often; its own `GET /version`, no other host. */
export const UPDATE_CHECK_MS = 24 * 60 * 60_000

/**
 * What to tell people about a newer bridge, once per version: server and bridge are released together under one number,
 * so a server that is newer than this bridge has a newer bridge beside it. Null when there is nothing new to say.
 */
export function updateNotice(
  server: ServerVersion,
  told: string | null,
  own: string = BRIDGE_VERSION,
): { version: string; text: string } | null {
  const { version } = server
  if (!isVersion(version) || version === told || Bun.semver.order(version, own) <= 0) return null
  return {
    version,
    text: `The server runs Mission Control ${version}; this bridge is ${own}. Install mc-bridge ${version} from the same release when it suits you.`,
  }
}
