import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { configFolder, type Surroundings, stateFolder } from '../../config/paths.ts'
import { LAUNCHD_LABEL, plistText } from './launchd.ts'
import { SERVICE_NAME, unitText } from './systemd.ts'
import { taskLines } from './windows.ts'

/** What `service install` does on a system. */
export interface ServicePlan {
  /** Null where nothing is written: the text is for the person to run. */
  path: string | null
  text: string
  /** What the person does next, one command or sentence a line. */
  next: string[]
}

export interface ServiceRequest {
  config: Config
  config_path: string
  program: readonly string[]
  user: boolean
  secrets_owner: number | undefined
  /** Every user may read the configuration. */
  config_open: boolean
}

/** A service cannot be made of this; the message is for people. */
export class ServiceRefused extends Error {
  override name = 'ServiceRefused'
}

/** Folder of the state of a service of the machine, as systemd names it in `STATE_DIRECTORY`. */
export const SYSTEM_STATE = `/var/lib/${SERVICE_NAME}`

/** Plans the service for this system. Throws `ServiceRefused`. */
export function planService(request: ServiceRequest, around: Surroundings): ServicePlan {
  switch (around.platform) {
    case 'win32':
      return { path: null, text: taskLines(request), next: ['Run these lines in PowerShell.'] }
    case 'darwin':
      return launchd(request, around)
    case 'linux':
      return systemd(request, around)
    default:
      throw new ServiceRefused(
        `There is no service for ${around.platform}. Start "mc-bridge run" by your own means.`,
      )
  }
}

function launchd(request: ServiceRequest, around: Surroundings): ServicePlan {
  const path = join(around.home, 'Library', 'LaunchAgents', `${LAUNCHD_LABEL}.plist`)
  const log_path = join(around.home, 'Library', 'Logs', `${SERVICE_NAME}.log`)
  if (request.config.credentials.provider === 'env')
    throw new ServiceRefused(
      'launchd has no safe place for keys in environment variables. Put them into a secrets file: credentials: { provider: file, path: … }.',
    )
  return {
    path,
    text: plistText({ ...request, log_path }),
    next: [`launchctl bootstrap gui/$(id -u) ${shell(path)}`, `tail -f ${shell(log_path)}`],
  }
}

function systemd(request: ServiceRequest, around: Surroundings): ServicePlan {
  const { config, config_path, program, user } = request
  if (!user) refuseHidden(request)
  const folder = user ? configFolder(around) : dirname(config_path)
  const environment_path = join(folder, 'comms-bridge.env')
  const path = user
    ? join(
        around.env.XDG_CONFIG_HOME || join(around.home, '.config'),
        'systemd',
        'user',
        `${SERVICE_NAME}.service`,
      )
    : `/etc/systemd/system/${SERVICE_NAME}.service`
  const { credentials } = config
  const text = unitText({ ...request, program, credentials, environment_path })
  const control = user ? 'systemctl --user' : 'systemctl'
  return {
    path,
    text,
    next: [
      ...(credentials.provider === 'env'
        ? [
            `Write the keys as lines NAME=value into ${environment_path}, then: chmod 600 ${shell(environment_path)}`,
          ]
        : []),
      ...(user || request.config_open ? [] : [`chmod a+r ${shell(config_path)}    # it holds no secrets`]),
      ...(user ? [] : pairing(config, around)),
      `${control} daemon-reload`,
      `${control} enable --now ${SERVICE_NAME}`,
      ...(user ? ['loginctl enable-linger    # so that it also runs while you are logged out'] : []),
      `journalctl ${user ? '--user ' : ''}-u ${SERVICE_NAME} -f`,
    ],
  }
}

/** A service of the machine sees neither homes nor temporary folders, and writes below its own folder only. */
function refuseHidden({ config, config_path, program, secrets_owner }: ServiceRequest): void {
  const secrets = config.credentials.provider === 'file' ? [config.credentials.path] : []
  const inside = [config_path, ...program, ...secrets].find((path) => HIDDEN.test(path))
  if (inside !== undefined)
    throw new ServiceRefused(
      `${inside} lies where a service of the machine cannot look. Move it, for instance to /etc/mission-control or /usr/local/bin, or install for yourself with --user.`,
    )
  if (secrets[0] !== undefined && secrets_owner === undefined)
    throw new ServiceRefused(
      `There is no secrets file ${secrets[0]} yet. Write it first: its owner runs the service.`,
    )
  const outside = [config.state.db_path, config.gateway.device_path].find(
    (path) => !path.startsWith(`${SYSTEM_STATE}/`),
  )
  if (outside !== undefined)
    throw new ServiceRefused(
      `A service of the machine writes below ${SYSTEM_STATE} only; ${outside} is elsewhere. Remove db_path and device_path from the configuration.`,
    )
}

const HIDDEN = /^\/(home|root|run\/user|tmp|var\/tmp)\//

/** The pairing was made by a person; the service takes over the device. */
function pairing({ gateway }: Config, around: Surroundings): string[] {
  if (gateway.token_env !== null) return []
  const { STATE_DIRECTORY: _, ...env } = around.env
  const own = join(stateFolder({ ...around, env, home: around.home || homedir() }), 'device.json')
  return [
    `install -D -m 600 ${shell(own)} ${gateway.device_path}    # the pairing with the gateway, if you made it by mc-bridge init`,
  ]
}

const shell = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)
