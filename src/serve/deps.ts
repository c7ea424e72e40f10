import { createHmac } from 'node:crypto'
import type { CookieScope } from '../auth/cookies.ts'
import { csrfToken } from '../auth/csrf.ts'
import { Devices } from '../auth/devices.ts'
import { hashLinkToken } from '../auth/link-tokens.ts'
import { Passwords } from '../auth/passwords.ts'
import { TokenBuckets } from '../auth/rate-limit.ts'
import type { Sessions } from '../auth/sessions.ts'
import { readShellLink } from '../auth/shell-links.ts'
import type { ThrottledRecords } from '../auth/throttled-records.ts'
import { SERVER_VERSION } from '../contracts/version.ts'
import type { Accounts } from '../db/queries/accounts.ts'
import { SignInBackOff } from '../http/back-off.ts'
import type { SocketHandlers } from '../http/channels-ws.ts'
import type { Deps } from '../http/deps.ts'
import type { Identify } from '../http/identity.ts'
import { InFlight } from '../http/in-flight.ts'
import { Limits } from '../http/limits.ts'
import { baseHeaders, Replier } from '../http/reply.ts'
import type { Node } from '../node.ts'

/** What routes use of the listening server. */
export interface Listener {
  upgrade(request: Request, handlers: SocketHandlers, headers: Record<string, string>): boolean
  keepOpen(request: Request): void
  clientIp(request: Request): string
}

interface Parts {
  accounts: Accounts
  sessions: Sessions
  identify: Identify
  records: ThrottledRecords
  listener: Listener
}

/** Which cookies are those of a node. */
export function cookieScope(
  { https, base_path }: Node['config'],
  { installation }: Node['secrets'],
): CookieScope {
  return { secure: https, installation, base_path }
}

/** Dependencies of the routes of a node. */
export function createDeps(
  { config, core, database, export_storage, log, secrets }: Node,
  { accounts, sessions, identify, records, listener }: Parts,
): Deps {
  const csrf_secret = secrets.jwt[0]!.secret
  const cookies = cookieScope(config, secrets)
  return {
    replier: new Replier(baseHeaders({ https: config.https, installation: secrets.installation })),
    identify,
    in_flight: new InFlight(),
    limits: new Limits(config.rate_limits ? new TokenBuckets(Date.now) : undefined),
    accounts,
    passwords: new Passwords(secrets.pepper),
    sessions,
    edges: core.edges,
    database,
    files: export_storage,
    log,
    command: core.command,
    systemCommand: core.systemCommand,
    channel: (org_id, channel_id, request) => core.channel(org_id, channel_id, request),
    ephemeral: (frame) => core.edges.ephemeral(frame),
    notificationsRead: (read) => core.edges.notificationsRead(read),
    sign_in_back_off: new SignInBackOff(Date.now, config.rate_limits),
    throttledRecord: (key, write) => records.add(key, write),
    devices: new Devices(secrets.pepper, cookies),
    csrfToken: (session_id) => csrfToken(csrf_secret, session_id),
    key_pepper: secrets.pepper,
    shellLink: (token) =>
      readShellLink(
        secrets.jwt.map(({ secret }) => secret),
        token,
        Date.now(),
      ),
    hashToken: async (token) => hashLinkToken(token),
    ...listener,
    cors_origins: config.cors_origins,
    public_url: config.public_url,
    email_from: config.smtp_url === undefined ? null : config.email_from,
    cookies,
    base_path: config.base_path,
    single_tenant: config.single_tenant,
    version: SERVER_VERSION,
    // Derived, so that it is the same on every node and after a restart; without effect once there is an account.
    setup_token: createHmac('sha256', csrf_secret).update('first set-up').digest('base64url'),
  }
}
