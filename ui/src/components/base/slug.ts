import { LIMITS, RESERVED_SLUGS } from '@contracts/limits.ts'
import { t } from '../../i18n/index.ts'

/** A slug from a name: lower-case letters, digits and dashes. Empty or too short for a name in a non-Latin script. */
export function slugFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LIMITS.org_slug_max)
    .replace(/^-+|-+$/g, '')
}

/** The reason why a slug is invalid, for display; undefined if it is valid. */
export function slugProblem(slug: string): string | undefined {
  if (slug.length < LIMITS.org_slug_min) return t('common.at_least', { count: LIMITS.org_slug_min })
  if (slug.length > LIMITS.org_slug_max) return t('common.at_most', { count: LIMITS.org_slug_max })
  if (!/^[a-z0-9][a-z0-9-]*[a-z0-9]$/.test(slug)) return t('common.slug.signs')
  return RESERVED_SLUGS.includes(slug) ? t('common.slug.reserved') : undefined
}
