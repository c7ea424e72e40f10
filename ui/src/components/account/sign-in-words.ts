import type { ProviderId, SignInMethod } from '@contracts/vocabulary.ts'

export const METHOD_NAMES: Record<SignInMethod, string> = {
  github: 'GitHub',
  google: 'Google',
  oidc: 'OpenID Connect',
  password: 'E-mail and password',
}

/** Two letters in place of a logo. */
export const PROVIDER_MARKS: Record<ProviderId, string> = { github: 'gh', google: 'go', oidc: 'id' }

interface Trouble {
  title: string
  text: string
}

/** Why a sign-in at a provider did not succeed, by what the server adds to the address of the page. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  cancelled: { title: 'Not signed in.', text: 'The sign-in at the provider was cancelled.' },
  refused: {
    title: 'Not signed in.',
    text: 'The answer of the provider was not valid. Try again; if that does not help, tell the operator of this server.',
  },
  unavailable: {
    title: 'The provider does not answer.',
    text: 'Try again later, or sign in in another way.',
  },
  stale: {
    title: 'Not signed in.',
    text: 'This sign-in was not begun in this browser, or too long ago. Try again.',
  },
  unverified: {
    title: 'Your address is not verified.',
    text: 'The provider does not say that your e-mail address is yours. Verify it there, or sign in in another way and add the provider under Sign-in methods.',
  },
  unknown: {
    title: 'There is no account for you here.',
    text: 'Ask an administrator for an invite link, or sign in in the way that you used before.',
  },
  not_allowed: {
    title: 'Not joined.',
    text: 'The organization does not admit this way of signing in.',
  },
  other_account: {
    title: 'Not added.',
    text: 'It opens another account already. Remove it there first.',
  },
  already_member: { title: 'Not joined.', text: 'This account is a member of the organization already.' },
  signed_out: { title: 'Not added.', text: 'You were signed out meanwhile. Sign in and try again.' },
  name_taken: {
    title: 'Not joined.',
    text: 'Somebody in the organization has this name. Choose another one.',
  },
  invite: { title: 'Not joined.', text: 'The invite link was used, or is too old.' },
  read_only: { title: 'Not joined.', text: 'The organization is read-only at the moment.' },
}

/** The trouble that the address of a page names; anybody can write an address, so only known words count. */
export function troubleOf(named: unknown): Trouble | undefined {
  return typeof named === 'string' && Object.hasOwn(TROUBLES, named) ? TROUBLES[named] : undefined
}
