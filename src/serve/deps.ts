import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readEmailLink, readResetLink } from '../auth/account-links.ts'
import type { CookieScope } from '../auth/cookies.ts'
import { csrfToken } from '../auth/csrf.ts'
import { Devices } from '../auth/devices.ts'
import { hashLinkToken } from '../auth/link-tokens.ts'
import { Passkeys, relyingParty } from '../auth/passkeys.ts'
import { Passwords } from '../auth/passwords.ts'
import { configuredProviders } from '../auth/providers/configured.ts'
import { SecondFactors } from '../auth/second-factors.ts'
import { readSecondStep, signSecondStep, spentName } from '../auth/second-steps.ts'
import type { Sessions } from '../auth/sessions.ts'
import { readShellInvite, readShellLink } from '../auth/shell-links.ts'
import { SignInFlows } from '../auth/sign-in-flows.ts'
import type { ThrottledRecords } from '../auth/throttled-records.ts'
import { totpUri } from '../auth/totp.ts'
import { newId } from '../contracts/ids.ts'
import { SERVER_VERSION } from '../contracts/version.ts'
import { IdentityStore } from '../db/identity-store.ts'
import { PasskeyStore } from '../db/passkey-store.ts'
import { PictureStore } from '../db/picture-store.ts'
import type { Accounts } from '../db/queries/accounts.ts'
import { PostgresSecondFactorStore } from '../db/second-factor-store.ts'
import { SpentTokens } from '../db/spent-tokens.ts'
import { SecondFactorBackOff, SignInBackOff } from '../http/back-off.ts'
import type { SocketHandlers } from '../http/channels-ws.ts'
import type { Deps } from '../http/deps.ts'
import { HeldRefusals } from '../http/held-refusals.ts'
import type { Identify } from '../http/identity.ts'
import { InFlight } from '../http/in-flight.ts'
import { Limits } from '../http/limits.ts'
import { PictureTakeover } from '../http/pictures.ts'
import { baseHeaders, Replier } from '../http/reply.ts'
import { tellOrgs } from '../http/routes/auth/tell-orgs.ts'
import { WritesUnderWay } from '../http/writes-under-way.ts'
import type { Node } from '../node.ts'
import type { Counts } from './counts.ts'

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
  counts: Counts
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
  { accounts, sessions, identify, records, counts, listener }: Parts,
): Deps {
  const csrf_secret = secrets.jwt[0]!.secret
  const party = relyingParty(config.public_url, config.own_origins)
  const spent = new SpentTokens(database)
  const link_secrets = secrets.jwt.map(({ secret }) => secret)
  const cookies = cookieScope(config, secrets)
  const pictures = new PictureStore(database)
  return {
    replier: new Replier(baseHeaders({ https: config.https, installation: secrets.installation })),
    identify,
    in_flight: new InFlight(),
    writes_under_way: new WritesUnderWay(),
    limits: new Limits(counts.buckets, new HeldRefusals(Date.now, sleep, Math.random)),
    accounts,
    passwords: new Passwords(secrets.pepper),
    identities: new IdentityStore(database),
    providers: configuredProviders(config, Date.now),
    flows: new SignInFlows(link_secrets, cookies, Date.now),
    pictures,
    takeover: new PictureTakeover({
      store: pictures,
      tell: (account_id) => tellOrgs({ accounts, systemCommand: core.systemCommand, log }, account_id),
      log,
    }),
    sessions,
    edges: core.edges,
    database,
    files: export_storage,
    log,
    command: core.command,
    systemCommand: core.systemCommand,
    channel: (org_id, channel_id, request) => core.channel(org_id, channel_id, request),
    ephemeral: (frame) => core.edges.frames.ephemeral(frame),
    notificationsRead: (read) => core.edges.frames.notificationsRead(read),
    sign_in_back_off: new SignInBackOff(counts.failures, config.rate_limits),
    throttledRecord: (key, write) => records.add(key, write),
    devices: new Devices(secrets.pepper, cookies),
    csrfToken: (session_id) => csrfToken(csrf_secret, session_id),
    key_pepper: secrets.pepper,
    shellLink: (token) => readShellLink(link_secrets, token, Date.now()),
    shellInvite: (token) => readShellInvite(link_secrets, token, Date.now()),
    resetLink: (token) => readResetLink(link_secrets, token, Date.now()),
    emailLink: (token) => readEmailLink(link_secrets, token, Date.now()),
    passkeys: party ? new Passkeys(party, link_secrets, Date.now) : null,
    passkey_store: new PasskeyStore(database),
    second_factors: new SecondFactors(new PostgresSecondFactorStore(database), secrets.pepper, Date.now),
    second_factor_back_off: new SecondFactorBackOff(counts.failures, config.rate_limits),
    totpUri: (secret, email) => totpUri(secret, { email, host: new URL(config.public_url).host }),
    signSecondStep: (step) => signSecondStep(csrf_secret, { ...step, nonce: newId(), issued_at: Date.now() }),
    readSecondStep: (token) => readSecondStep(link_secrets, token, Date.now()),
    spend: (token, lasts_ms) => spent.spend(spentName(token), lasts_ms),
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
