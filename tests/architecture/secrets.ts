/** What must not stand in a file that others get: keys, and traces of the machine it was written on. */
const PATTERNS: readonly [what: string, pattern: RegExp][] = [
  ['an API key of this product', /mc_ak_(?:live|tmp)_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}/],
  ['a provisioning token of this product', /mc_scim_[0-9a-f]{7}_[A-Za-z0-9_-]{43}/],
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ['a cloud access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  [
    'a code host token',
    /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20,})/,
  ],
  ['a model provider key', /\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{32,}/],
  ['a chat token', /\bxox[abprs]-[A-Za-z0-9-]{20,}/],
  ['a registry token', /_authToken\s*=|\bnpm_[A-Za-z0-9]{36}\b/],
  ['a signed token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  [
    'a path of a machine',
    /(?<![A-Za-z0-9_.$}])\/(?:home|Users)\/[A-Za-z][A-Za-z0-9_.-]*\/|(?<![A-Za-z0-9_.$}/])\/work\/[a-z]+/,
  ],
  [
    'a package registry host',
    /\b(?:registry|npm|packages|proxy|mirror)\.[a-z0-9.-]*(?:npmjs|npm|yarnpkg|pypi|internal|corp|local)\b[a-z0-9.-]*/,
  ],
]

/** What in a text should not be there, each with its line, never with the secret itself. */
export function leaks(path: string, text: string): string[] {
  return PATTERNS.flatMap(([what, pattern]) => {
    const found = pattern.exec(text)
    return found ? [`${path}:${text.slice(0, found.index).split('\n').length} holds ${what}`] : []
  })
}
