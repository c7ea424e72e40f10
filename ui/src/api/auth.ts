import type { Page } from '@contracts/lists.ts'
import type {
  AcceptInviteBody,
  ChangeEmailBody,
  ChangePasswordBody,
  ConfirmEmailBody,
  ConfirmPasswordBody,
  LanguageBody,
  LinkIdentityBody,
  PasskeyCreateBody,
  PasskeySignInBody,
  PasswordBody,
  PasswordResetBody,
  PictureBody,
  SecondFactorCodeBody,
  SecondFactorOffBody,
  SecondStepBody,
  SetPasswordBody,
  SetupBody,
} from '@contracts/requests.ts'
import type { Language, ProviderId, Role, SignInMethod } from '@contracts/vocabulary.ts'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { wrapped } from '../platform/wrapped.ts'
import { keepSession, request } from './http.ts'

export interface Providers {
  providers: { id: SignInMethod; name: string }[]
  setup_needed: boolean
  multi_tenant: boolean
  /** Whether people may sign in with a passkey. */
  passkeys: boolean
  /** Whether the server mails a link to whoever forgot the password. */
  password_reset: boolean
}

export interface SignedIn {
  /** The account: drafts, unsent messages and `X-MC-User` carry its id. */
  user: { id: string; display_name: string; email: string; language: Language | null }
  /** `user_id` is the member as which the account acts in the org: members, messages and events carry it. */
  memberships: {
    org: { id: string; slug: string; name: string }
    user_id: string
    display_name: string
    role: Role
  }[]
  /** `expires_at` is the end of the session; its token expires earlier and is renewed. */
  session: { id: string; expires_at: string }
}

/** The password was right, and the account has a second factor. */
export interface SecondStep {
  second_factor: { token: string; expires_at: string }
}

/** Whether the own account has a password, and whether it may get a first one now. */
export interface PasswordState {
  is_set: boolean
  allowed: boolean
  recent_until: string | null
}

/** Whether the own account has a second factor. */
export interface SecondFactor {
  enabled_at: string | null
  recovery_codes_left: number
}

/** A secret for an authenticator app: to be typed, and as the address of a QR code. */
export interface NewSecret {
  secret: string
  uri: string
}

/** A passkey of the own account. */
export interface Passkey {
  id: string
  name: string
  synced: boolean
  created_at: string
  last_used_at: string | null
}

/** What the browser needs to make a passkey, or to use one. */
interface Begun<Options> {
  token: string
  options: Options
}

export interface RecoveryCodes {
  recovery_codes: string[]
}

export interface Invite {
  email: string
  display_name: string
  org_name: string
  org_slug: string
  /** Those of this server that the org admits. */
  sign_in_methods: SignInMethod[]
}

/** Page of a provider, where a sign-in goes on. */
export interface ContinueAt {
  continue_at: string
}

/** An identity at a provider that opens the account. */
export interface Identity {
  id: string
  provider: ProviderId
  email: string | null
  created_at: string
}

/** The org is null for a link from the shell of the server: it is for all organizations of the account. */
export interface SignInLink {
  email: string
  display_name: string
  org_name: string | null
  org_slug: string | null
  /** Whether a password lets the person in anywhere. */
  enters: boolean
}

/** A mailed link that confirms a new address. */
export interface EmailLink {
  email: string
  former_email: string
  display_name: string
}

/** A browser or app in which the account is signed in. */
export interface Session {
  id: string
  created_at: string
  last_seen_at: string
  expires_at: string
  ip: string | null
  user_agent: string | null
  current: boolean
}

const form = { expects_401: true }

/*
 * A wrapped app signs in with a password, and a second factor: a provider leads back to the server's page in a browser, and
 * passkeys belong to the name of the server.
 */

/** What starts a session: a wrapped app asks for its token, and keeps that. */
async function enter<T extends object>(path: string, asked: object): Promise<T> {
  const body = wrapped() ? { ...asked, token_response: true } : asked
  const answer = await request<T & { token?: string }>('POST', path, { body, ...form })
  if (!('second_factor' in answer)) keepSession(answer.token)
  return answer
}

async function refresh(): Promise<void> {
  const { token } = await request<{ token?: string }>('POST', '/auth/refresh')
  if (token !== undefined) keepSession(token)
}

export const auth = {
  providers: async () => {
    const offered = await request<Providers>('GET', '/auth/providers')
    return wrapped()
      ? { ...offered, providers: offered.providers.filter(({ id }) => id === 'password'), passkeys: false }
      : offered
  },
  me: () => request<SignedIn>('GET', '/auth/me', form),
  /** Throws unless the set-up link works. */
  checkSetup: (token: string) =>
    request<undefined>('GET', `/auth/setup/${encodeURIComponent(token)}`, form).then(() => true),
  setup: (body: SetupBody) => enter<SignedIn>('/auth/setup', body),
  password: (body: PasswordBody) => enter<SignedIn | SecondStep>('/auth/password', body),
  invite: async (token: string) => {
    const invite = await request<Invite>('GET', `/auth/invites/${encodeURIComponent(token)}`, form)
    return wrapped()
      ? { ...invite, sign_in_methods: invite.sign_in_methods.filter((id) => id === 'password') }
      : invite
  },
  /** Accepts an invite with an identity at a provider. */
  joinAt: (token: string, body: AcceptInviteBody & { provider: ProviderId }) =>
    request<ContinueAt>('POST', `/auth/invites/${encodeURIComponent(token)}/accept`, { body, ...form }),
  acceptInvite: (token: string, body: AcceptInviteBody) =>
    enter<SignedIn | SecondStep>(`/auth/invites/${encodeURIComponent(token)}/accept`, body),
  signInLink: (token: string) =>
    request<SignInLink>('GET', `/auth/sign-in-links/${encodeURIComponent(token)}`, form),
  useSignInLink: (token: string, body: SetPasswordBody) =>
    enter<SignedIn | SecondStep>(`/auth/sign-in-links/${encodeURIComponent(token)}/accept`, body),
  refresh,
  passwordState: () => request<PasswordState>('GET', '/auth/password'),
  changePassword: (body: ChangePasswordBody) =>
    request<undefined>('PUT', '/auth/password', { body, ...form }),
  setPicture: (body: PictureBody) => request<undefined>('PUT', '/auth/picture', { body }),
  setLanguage: (body: LanguageBody) => request<undefined>('PUT', '/auth/language', { body }),
  removePicture: () => request<undefined>('DELETE', '/auth/picture'),
  secondStep: (body: SecondStepBody) => enter<SignedIn>('/auth/second-factor/verify', body),
  secondFactor: () => request<SecondFactor>('GET', '/auth/second-factor'),
  beginSecondFactor: (body: ConfirmPasswordBody) =>
    request<NewSecret>('POST', '/auth/second-factor', { body, ...form }),
  confirmSecondFactor: (body: SecondFactorCodeBody) =>
    request<RecoveryCodes>('POST', '/auth/second-factor/confirm', { body, ...form }),
  renewRecoveryCodes: (body: ConfirmPasswordBody) =>
    request<RecoveryCodes>('POST', '/auth/second-factor/recovery-codes', { body, ...form }),
  endSecondFactor: (body: SecondFactorOffBody) =>
    request<undefined>('DELETE', '/auth/second-factor', { body, ...form }),
  passkeys: () => request<Page<Passkey>>('GET', '/auth/passkeys', { query: { per_page: 100 } }),
  beginPasskey: (body: ConfirmPasswordBody) =>
    request<Begun<PublicKeyCredentialCreationOptionsJSON>>('POST', '/auth/passkeys/options', {
      body,
      ...form,
    }),
  addPasskey: (body: PasskeyCreateBody) => request<Passkey>('POST', '/auth/passkeys', { body, ...form }),
  removePasskey: (id: string, body: ConfirmPasswordBody) =>
    request<undefined>('DELETE', `/auth/passkeys/${encodeURIComponent(id)}`, { body, ...form }),
  beginPasskeySignIn: () =>
    request<Begun<PublicKeyCredentialRequestOptionsJSON>>('POST', '/auth/passkeys/sign-in/options', form),
  passkeySignIn: (body: PasskeySignInBody) => enter<SignedIn>('/auth/passkeys/sign-in', body),
  resetPassword: (body: PasswordResetBody) =>
    request<undefined>('POST', '/auth/password-reset', { body, ...form }),
  changeEmail: (body: ChangeEmailBody) => request<undefined>('POST', '/auth/email', { body, ...form }),
  emailLink: (token: string) =>
    request<EmailLink>('GET', `/auth/email-links/${encodeURIComponent(token)}`, form),
  confirmEmail: (token: string, body: ConfirmEmailBody) =>
    request<undefined>('POST', `/auth/email-links/${encodeURIComponent(token)}/accept`, { body, ...form }),
  sessions: () => request<Page<Session>>('GET', '/auth/sessions', { query: { per_page: 100 } }),
  endSession: (id: string) => request<undefined>('DELETE', `/auth/sessions/${encodeURIComponent(id)}`),
  endOtherSessions: () => request<undefined>('DELETE', '/auth/sessions'),
  identities: () => request<Page<Identity>>('GET', '/auth/identities', { query: { per_page: 100 } }),
  addIdentity: (body: LinkIdentityBody) => request<ContinueAt>('POST', '/auth/identities', { body, ...form }),
  removeIdentity: (id: string) => request<undefined>('DELETE', `/auth/identities/${encodeURIComponent(id)}`),
  logout: async () => {
    await request<undefined>('POST', '/auth/logout', form)
    keepSession(undefined)
  },
}
