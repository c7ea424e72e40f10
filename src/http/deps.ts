import type { Ephemeral } from '../actors/channel/requests.ts'
import type { EmailLink, ResetLink } from '../auth/account-links.ts'
import type { CookieScope } from '../auth/cookies.ts'
import type { Devices } from '../auth/devices.ts'
import type { Passkeys } from '../auth/passkeys.ts'
import type { Passwords } from '../auth/passwords.ts'
import type { Providers } from '../auth/providers/configured.ts'
import type { SecondFactors } from '../auth/second-factors.ts'
import type { SecondStep } from '../auth/second-steps.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { ShellInvite, ShellLink } from '../auth/shell-links.ts'
import type { SignInFlows } from '../auth/sign-in-flows.ts'
import type { ChannelReplyTo, ChannelRequest, CommandCall, ReplyTo } from '../contracts/calls.ts'
import type { CommandName, NamedInput } from '../contracts/commands.ts'
import type { Database } from '../db/client.ts'
import type { IdentityStore } from '../db/identity-store.ts'
import type { PasskeyStore } from '../db/passkey-store.ts'
import type { PictureStore } from '../db/picture-store.ts'
import type { Accounts } from '../db/queries/accounts.ts'
import type { Edges } from '../edge/edges.ts'
import type { NotificationsRead } from '../edge/source.ts'
import type { FileStorage } from '../files/storage.ts'
import type { SecondFactorBackOff, SignInBackOff } from './back-off.ts'
import type { SocketHandlers } from './channels-ws.ts'
import type { Identify } from './identity.ts'
import type { InFlight } from './in-flight.ts'
import type { Limits } from './limits.ts'
import type { PictureTakeover } from './pictures.ts'
import type { Replier } from './reply.ts'
import type { WritesUnderWay } from './writes-under-way.ts'

/** Dependencies of all routes, joined in src/serve/deps.ts. */
export interface Deps {
  replier: Replier
  identify: Identify
  limits: Limits
  in_flight: InFlight
  writes_under_way: WritesUnderWay
  accounts: Accounts
  passwords: Passwords
  identities: IdentityStore
  /** Sign-in providers of this server. */
  providers: Providers
  flows: SignInFlows
  pictures: PictureStore
  takeover: PictureTakeover
  sessions: Sessions
  edges: Edges
  database: Database
  /** Files of exports. */
  files: Pick<FileStorage, 'read'>
  log: {
    failed(stage: string, error: unknown): void
    info(fields: Record<string, unknown>, text: string): void
  }
  /** Runs a command in the lane of the org, on whichever node owns it. */
  command<N extends CommandName>(org_id: string, call: CommandCall<N>): Promise<ReplyTo<N>>
  /** Calls the actor of a channel. */
  channel<R extends ChannelRequest>(
    org_id: string,
    channel_id: string,
    request: R,
  ): Promise<ChannelReplyTo<R>>
  /** Runs a command as the server itself. */
  systemCommand<N extends CommandName>(org_id: string, command: NamedInput<N>): Promise<ReplyTo<N>>
  /** Sends an ephemeral frame to the readers of a channel, on every node. */
  ephemeral(frame: Ephemeral): void
  /** Tells a user's streams that it has read notifications, on every node. */
  notificationsRead(read: NotificationsRead): void
  sign_in_back_off: SignInBackOff
  /** A record at most once a minute per key, with the number of occurrences (see ThrottledRecords). Not awaited. */
  throttledRecord(key: string, write: (count: number) => Promise<unknown>): void
  devices: Devices
  csrfToken(session_id: string): string
  key_pepper: Uint8Array
  /** The link of a token that was signed in the shell of the server. */
  shellLink(token: string): ShellLink | undefined
  /** The invite of a token that was signed in the shell of the server. */
  shellInvite(token: string): ShellInvite | undefined
  /** The link of a token in a mail to whoever forgot the password. */
  resetLink(token: string): ResetLink | undefined
  /** The link of a token in a mail to a new address. */
  emailLink(token: string): EmailLink | undefined
  /** Null where browsers allow none. */
  passkeys: Passkeys | null
  passkey_store: PasskeyStore
  second_factors: SecondFactors
  second_factor_back_off: SecondFactorBackOff
  /** Address of a secret for authenticator apps. */
  totpUri(secret: string, email: string): string
  /** Token of a sign-in whose second step is to come. */
  signSecondStep(step: Pick<SecondStep, 'account_id' | 'password'>): string
  readSecondStep(token: string): SecondStep | undefined
  /** Notes that a signed token is used; false when it was used before. */
  spend(token: string, lasts_ms: number): Promise<boolean>
  /** Hash by which a one-time token is stored. */
  hashToken(token: string): Promise<string>
  /** Turns a request into a WebSocket; false when the runtime cannot. */
  upgrade(request: Request, handlers: SocketHandlers, headers: Record<string, string>): boolean
  /** Disables the idle time-out of a streaming connection. */
  keepOpen(request: Request): void
  clientIp(request: Request): string
  /** Other origins whose pages may call the API. */
  cors_origins: readonly string[]
  /** Address of the app, without a trailing slash. */
  public_url: string
  /** Sender of mails; null without a mail server. */
  email_from: string | null
  cookies: CookieScope
  /** Path of the public address, e.g. `/mc`; empty at the root of the host. Redirects to pages of the app begin with it. */
  base_path: string
  single_tenant: boolean
  version: string
  setup_token: string
}
