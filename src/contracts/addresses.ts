import { LIMITS } from './limits.ts'

/**
 * What no part of an address has without quotes (RFC 5322 §3.2.3, also with RFC 6532): a list of addresses, a comment or a
 * group would begin there. Nor what shows nothing or turns the direction of a line around.
 */
const NOT_IN_ADDRESS = '\\s@<>()[\\],;:\\\\"\\p{Cc}\\p{Cf}\\p{Cs}\\p{Default_Ignorable_Code_Point}\\u2800'

/** Pattern of an address of the server itself, whose host may have no dot. */
export const ANY_EMAIL_PATTERN = `^[^${NOT_IN_ADDRESS}]+@[^${NOT_IN_ADDRESS}]+$`
/** Pattern of an e-mail address. */
export const EMAIL_PATTERN = `^[^${NOT_IN_ADDRESS}]+@[^${NOT_IN_ADDRESS}]+\\.[^${NOT_IN_ADDRESS}.]+$`

const EMAIL = new RegExp(EMAIL_PATTERN, 'u')

export function isEmail(text: string): boolean {
  return text.length <= LIMITS.email_max && EMAIL.test(text)
}

/** RFC 3986: the authority, then path, query and fragment, whose other characters are encoded. */
const HTTPS_URI =
  /^https:\/\/(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2}|\[[\da-f:.]+\](?=[/?#:]|$))+(?:[/?](?:[\w.~!$&'()*+,;=:@/?-]|%[\da-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[\da-f]{2})*)?$/i

/**
 * An https address as a URI, which is what the API document says of it; one that is a URI already stays as it is. Signs that
 * no URI has are encoded: readers of a raw `"` or `>` take it for the end of the address. Undefined for anything else.
 */
export function httpsUri(text: string): string | undefined {
  if (!/^https:\/\/[^\s/]/i.test(text) || /[^\P{Cc}]/u.test(text)) return undefined
  const url = URL.parse(text)
  if (!url) return undefined
  if (text.startsWith('https://') && HTTPS_URI.test(text)) return text
  // A parsed address has a path always.
  const path_at = url.href.indexOf('/', 'https://'.length)
  const authority = url.href.slice('https://'.length, path_at)
  const tail = url.href.slice(path_at)
  const hash = tail.indexOf('#')
  const [before, fragment] = hash < 0 ? [tail, ''] : [tail.slice(0, hash), tail.slice(hash + 1)]
  const uri = `https://${authority}${encoded(before)}${hash < 0 ? '' : `#${encoded(fragment)}`}`
  return HTTPS_URI.test(uri) ? uri : undefined
}

function encoded(text: string): string {
  return text
    .replace(/%(?![\da-f]{2})/gi, '%25')
    .replace(/[^\w.~!$&'()*+,;=:@/?%-]/gu, (sign) => encodeURIComponent(sign))
}
