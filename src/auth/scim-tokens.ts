import { createHash, randomBytes } from 'node:crypto'

const SHAPE = /^mc_scim_[A-Za-z0-9_-]{51}$/

/** A new token of an identity provider: 256 random bits behind a public part. It is shown once and never stored. */
export function generateScimToken(): { token: string; prefix: string } {
  const prefix = `mc_scim_${randomBytes(6).toString('hex').slice(0, 7)}`
  return { token: `${prefix}_${randomBytes(32).toString('base64url')}`, prefix }
}

/** A text of another shape is refused without a look-up. */
export const isScimToken = (text: string): boolean => SHAPE.test(text)

/** Hash by which a token is stored and found: 256 random bits need no slow one. */
export const hashScimToken = (token: string): string => createHash('sha256').update(token).digest('base64url')
