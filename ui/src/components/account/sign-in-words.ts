import type { ProviderId, SignInMethod } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

export const METHOD_NAMES: Record<SignInMethod, string> = {
  github: 'GitHub',
  google: 'Google',
  oidc: 'OpenID Connect',
  password: t('account.by_password'),
}

/** Two letters in place of a logo. */
export const PROVIDER_MARKS: Record<ProviderId, string> = { github: 'gh', google: 'go', oidc: 'id' }

interface Trouble {
  title: string
  text: string
}

/** Why a sign-in at a provider did not succeed, by what the server adds to the address of the page. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  cancelled: { title: t('common.not_signed_in'), text: t('account.trouble.cancelled') },
  refused: {
    title: t('common.not_signed_in'),
    text: t('account.trouble.refused'),
  },
  unavailable: {
    title: t('account.trouble.unavailable_title'),
    text: t('account.trouble.unavailable'),
  },
  stale: {
    title: t('common.not_signed_in'),
    text: t('account.trouble.stale'),
  },
  unverified: {
    title: t('account.trouble.unverified_title'),
    text: t('account.trouble.unverified'),
  },
  unknown: {
    title: t('account.trouble.unknown_title'),
    text: t('account.trouble.unknown'),
  },
  not_allowed: {
    title: t('common.not_joined'),
    text: t('account.trouble.not_allowed'),
  },
  other_account: {
    title: t('common.not_added'),
    text: t('account.trouble.other_account'),
  },
  already_member: { title: t('common.not_joined'), text: t('account.trouble.already_member') },
  signed_out: { title: t('common.not_added'), text: t('account.trouble.signed_out') },
  name_taken: {
    title: t('common.not_joined'),
    text: t('account.trouble.name_taken'),
  },
  invite: { title: t('common.not_joined'), text: t('account.trouble.invite') },
  read_only: { title: t('common.not_joined'), text: t('account.trouble.read_only') },
}

/** The trouble that the address of a page names; anybody can write an address, so only known words count. */
export function troubleOf(named: unknown): Trouble | undefined {
  return typeof named === 'string' && Object.hasOwn(TROUBLES, named) ? TROUBLES[named] : undefined
}
