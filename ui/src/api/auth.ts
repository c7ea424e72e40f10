import type { AcceptInviteBody, PasswordBody, SetupBody } from '@contracts/requests.ts'
import type { Role } from '@contracts/vocabulary.ts'
import { request } from './http.ts'

export interface Providers {
  providers: { id: string; name: string }[]
  setup_needed: boolean
  multi_tenant: boolean
}

export interface SignedIn {
  user: { id: string; display_name: string; email: string }
  memberships: { org: { id: string; slug: string; name: string }; role: Role }[]
  /** `expires_at` is the end of the session; its token expires earlier and is renewed. */
  session: { id: string; expires_at: string }
}

export interface Invite {
  email: string
  org_name: string
  org_slug: string
  account_exists: boolean
}

const form = { expects_401: true }

export const auth = {
  providers: () => request<Providers>('GET', '/auth/providers'),
  me: () => request<SignedIn>('GET', '/auth/me', form),
  setup: (body: SetupBody) => request<SignedIn>('POST', '/auth/setup', { body, ...form }),
  password: (body: PasswordBody) => request<SignedIn>('POST', '/auth/password', { body, ...form }),
  invite: (token: string) => request<Invite>('GET', `/auth/invites/${encodeURIComponent(token)}`, form),
  acceptInvite: (token: string, body: AcceptInviteBody) =>
    request<SignedIn>('POST', `/auth/invites/${encodeURIComponent(token)}/accept`, { body, ...form }),
  refresh: () => request<{ token_expires_at: string }>('POST', '/auth/refresh'),
  logout: () => request<undefined>('POST', '/auth/logout', form),
}
