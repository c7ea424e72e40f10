import type { Page } from '@contracts/lists.ts'
import type {
  AcceptInviteBody,
  ChangePasswordBody,
  PasswordBody,
  SetPasswordBody,
  SetupBody,
} from '@contracts/requests.ts'
import type { Role } from '@contracts/vocabulary.ts'
import { request } from './http.ts'

export interface Providers {
  providers: { id: string; name: string }[]
  setup_needed: boolean
  multi_tenant: boolean
}

export interface SignedIn {
  /** The account: drafts, unsent messages and `X-MC-User` carry its id. */
  user: { id: string; display_name: string; email: string }
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

export interface Invite {
  email: string
  display_name: string
  org_name: string
  org_slug: string
}

/** The org is null for a link from the shell of the server: it is for all organizations of the account. */
export interface SignInLink {
  email: string
  display_name: string
  org_name: string | null
  org_slug: string | null
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

export const auth = {
  providers: () => request<Providers>('GET', '/auth/providers'),
  me: () => request<SignedIn>('GET', '/auth/me', form),
  /** Throws unless the set-up link works. */
  checkSetup: (token: string) =>
    request<undefined>('GET', `/auth/setup/${encodeURIComponent(token)}`, form).then(() => true),
  setup: (body: SetupBody) => request<SignedIn>('POST', '/auth/setup', { body, ...form }),
  password: (body: PasswordBody) => request<SignedIn>('POST', '/auth/password', { body, ...form }),
  invite: (token: string) => request<Invite>('GET', `/auth/invites/${encodeURIComponent(token)}`, form),
  acceptInvite: (token: string, body: AcceptInviteBody) =>
    request<SignedIn>('POST', `/auth/invites/${encodeURIComponent(token)}/accept`, { body, ...form }),
  signInLink: (token: string) =>
    request<SignInLink>('GET', `/auth/sign-in-links/${encodeURIComponent(token)}`, form),
  useSignInLink: (token: string, body: SetPasswordBody) =>
    request<SignedIn>('POST', `/auth/sign-in-links/${encodeURIComponent(token)}/accept`, { body, ...form }),
  refresh: () => request<{ token_expires_at: string }>('POST', '/auth/refresh'),
  changePassword: (body: ChangePasswordBody) =>
    request<undefined>('PUT', '/auth/password', { body, ...form }),
  sessions: () => request<Page<Session>>('GET', '/auth/sessions', { query: { per_page: 100 } }),
  endSession: (id: string) => request<undefined>('DELETE', `/auth/sessions/${encodeURIComponent(id)}`),
  logout: () => request<undefined>('POST', '/auth/logout', form),
}
