import { invalid } from '../contracts/errors.ts'
import { RESERVED_SLUGS } from '../contracts/limits.ts'

/** Throws 400 at `path` when the slug is reserved for the server's own addresses. */
export function checkSlug(path: '/slug' | '/org_slug', slug: string): void {
  if (RESERVED_SLUGS.includes(slug)) throw invalid({ path, message: 'This address is reserved.' })
}
