import { isAbsolute, join, resolve } from 'node:path'

/** What the bridge takes from its surroundings, as arguments so that tests choose them. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  /** Folder of the person. */
  home: string
  /** Folder in which the process was started. */
  cwd: string
}

export const CONFIG_NAME = 'comms-bridge.yaml'
const PROGRAM = 'mission-control-bridge'

/**
 * Folder of the state file and of the device's key. A systemd unit with `StateDirectory=` names it in `STATE_DIRECTORY`
 * (a list; the first counts), e.g. `/var/lib/mission-control-bridge`.
 */
export function stateFolder({ env, platform, home }: Surroundings): string {
  const given = env.STATE_DIRECTORY?.split(':')[0]
  if (given) return given
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', PROGRAM)
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), PROGRAM)
  return join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), PROGRAM)
}

/** Folder of the person's own configuration. */
export function configFolder({ env, platform, home }: Surroundings): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', PROGRAM)
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), PROGRAM)
  return join(absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config'), PROGRAM)
}

/** Files that may be the configuration, in order. One that is named explicitly is the only one. */
export function configCandidates(flag: string | undefined, around: Surroundings): string[] {
  const named = flag ?? around.env.MC_BRIDGE_CONFIG
  if (named) return [resolve(around.cwd, named)]
  return [
    join(around.cwd, CONFIG_NAME),
    join(configFolder(around), CONFIG_NAME),
    ...(around.platform === 'win32' ? [] : [join('/etc/mission-control', CONFIG_NAME)]),
  ]
}

/** A path of the configuration: relative to the folder of its file, with `~/` as the folder of the person. */
export function resolvePath(path: string, folder: string, home: string): string {
  if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1))
  return resolve(folder, path)
}

/** The XDG base directory specification ignores relative paths. */
const absolute = (path: string | undefined) => (path && isAbsolute(path) ? path : undefined)
