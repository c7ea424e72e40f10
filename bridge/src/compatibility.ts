import type { ServerVersion } from './server/port.ts'
import { BRIDGE_API_VERSION, BRIDGE_VERSION } from './version.ts'

/** Whether this bridge and a server understand each other; the message is for people. */
export type Compatibility =
  | { verdict: 'fits' }
  | { verdict: 'warn'; message: string }
  | { verdict: 'refuse'; message: string }

export interface OwnVersion {
  version: string
  api_version: string
}

const OWN: OwnVersion = { version: BRIDGE_VERSION, api_version: BRIDGE_API_VERSION }

/**
 * Compares versions. API versions are `<year>.<minor>`: another year is a breaking change, a newer minor only adds. The
 * server names the oldest bridge that it accepts.
 */
export function compatibility(server: ServerVersion, own: OwnVersion = OWN): Compatibility {
  const theirs = apiVersion(server.api_version)
  const ours = apiVersion(own.api_version)
  if (!theirs || !ours || !isVersion(server.min_bridge_version))
    return refuse(
      'The server tells no version that this bridge understands: is the address that of Mission Control?',
    )
  if (theirs.year > ours.year)
    return refuse(
      `The server speaks API ${server.api_version}, this bridge ${own.api_version}. Install mc-bridge ${server.min_bridge_version} or newer; this is ${own.version}.`,
    )
  if (theirs.year < ours.year)
    return refuse(
      `The server speaks API ${server.api_version}, this bridge (${own.version}) ${own.api_version}. Update the server, or install mc-bridge ${server.min_bridge_version}.`,
    )
  if (Bun.semver.order(own.version, server.min_bridge_version) < 0)
    return refuse(`The server needs mc-bridge ${server.min_bridge_version} or newer; this is ${own.version}.`)
  if (theirs.minor > ours.minor)
    return {
      verdict: 'warn',
      message: `The server speaks API ${server.api_version}, newer than that of this bridge, ${own.api_version}. New features of the server may be missing here.`,
    }
  return { verdict: 'fits' }
}

const refuse = (message: string): Compatibility => ({ verdict: 'refuse', message })

export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(text)

function apiVersion(text: string): { year: number; minor: number } | undefined {
  const match = /^(\d{1,6})\.(\d{1,6})$/.exec(text)
  return match ? { year: Number(match[1]), minor: Number(match[2]) } : undefined
}
