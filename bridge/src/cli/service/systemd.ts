import type { CredentialsConfig } from '../../config/config.ts'

/** What a unit of systemd needs to know. */
export interface UnitFacts {
  /** The program with its arguments before `run`. */
  program: readonly string[]
  config_path: string
  /** A unit of the person's own service manager. */
  user: boolean
  credentials: CredentialsConfig
  /** Owner of the secrets file; undefined when there is none. */
  secrets_owner: number | undefined
  /** File with lines `NAME=value` that only its owner can read. */
  environment_path: string
}

export const SERVICE_NAME = 'mission-control-bridge'
/** First line of every file that `service install` writes: others are not replaced. */
export const WRITTEN_BY = 'Written by mc-bridge service install.'

/** The text of a unit, systemd.service(5) and systemd.exec(5). */
export function unitText(facts: UnitFacts): string {
  const { user } = facts
  return `# ${WRITTEN_BY} Change it with: systemctl ${user ? '--user ' : ''}edit ${SERVICE_NAME}
[Unit]
Description=Mission Control Comms Bridge
${user ? '' : 'Wants=network-online.target\nAfter=network-online.target\n'}# Ten starts in ten minutes, then it stays down: systemctl ${user ? '--user ' : ''}reset-failed ${SERVICE_NAME}
StartLimitIntervalSec=10min
StartLimitBurst=10

[Service]
Type=exec
ExecStart=${[...facts.program, 'run', '--config', facts.config_path].map(argument).join(' ')}
Restart=always
RestartSec=5s
# A mistake in the configuration: a restart does not help.
RestartPreventExitStatus=2
# The bridge ends within 10 s.
TimeoutStopSec=20s
${identity(facts)}
${(user ? USER_LIMITS : SYSTEM_LIMITS).join('\n')}

[Install]
WantedBy=${user ? 'default.target' : 'multi-user.target'}
`
}

/** Who the service runs as, and how it gets its secrets. */
function identity({ user, credentials, secrets_owner, environment_path }: UnitFacts): string {
  const lines: string[] = []
  const of_file = credentials.provider === 'file'
  if (of_file && !user && secrets_owner === 0)
    lines.push(
      '# Root owns the secrets file: systemd hands a copy to the service. After a change: systemctl restart',
      `LoadCredential=${percent(credentials.path.replace(/^.*\//, ''))}:${percent(credentials.path)}`,
    )
  if (!of_file)
    lines.push(`EnvironmentFile=${credentials.provider === 'env' ? '' : '-'}${percent(environment_path)}`)
  if (!user) {
    lines.push(
      ...(of_file && secrets_owner !== undefined && secrets_owner !== 0
        ? ['# The owner of the secrets file, which nobody else may read.', `User=${secrets_owner}`]
        : ['DynamicUser=yes']),
      `StateDirectory=${SERVICE_NAME}`,
      'StateDirectoryMode=0700',
    )
  }
  return lines.join('\n')
}

/** Limits that need no privilege: a user's manager can set them. */
const USER_LIMITS = [
  'UMask=0077',
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictNamespaces=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
]

/** `MemoryDenyWriteExecute` is not among them: the runtime compiles at run time. */
const SYSTEM_LIMITS = [
  ...USER_LIMITS,
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'ProtectProc=invisible',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectControlGroups=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'PrivateDevices=yes',
  'PrivateTmp=yes',
  'CapabilityBoundingSet=',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
]

/** `%` begins a specifier. */
const percent = (text: string) => text.replaceAll('%', '%%')

/** A word of `ExecStart=`: quoted where needed, and without specifiers and variables. */
function argument(text: string): string {
  const plain = percent(text).replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
