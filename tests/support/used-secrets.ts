/** Secrets that the tests of this process have used: none of them may be in the log of a server. */
const used = new Set<string>()

/** Shorter texts are no secrets of the product, and would be found by chance. */
const LENGTH_MIN = 10

/** Fields of requests and answers whose value opens something. */
const SECRET_FIELDS = new Set([
  ...['password', 'current_password', 'new_password', 'token', 'api_key', 'ephemeral_api_key'],
  ...['invite_url', 'sign_in_url'],
])

/** Settings whose value is a secret, or a URL that holds one. */
const SECRET_SETTING = /SECRET|PEPPER|TOKEN|PASSWORD|_URL$/

export function noteSecret(text: string): void {
  if (text.length >= LENGTH_MIN) used.add(text)
}

/** The secrets in the body of a request or an answer. */
export function noteSecretsOf(body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === 'object') noteSecretsOf(value)
    // Of a link the last part is the secret.
    else if (typeof value === 'string' && SECRET_FIELDS.has(name))
      noteSecret(name.endsWith('_url') ? (value.split('/').at(-1) ?? '') : value)
  }
}

/** `Set-Cookie` values: session, CSRF token, device. */
export function noteCookies(cookies: readonly string[]): void {
  for (const cookie of cookies) noteSecret(/^[^=]+=([^;]*)/.exec(cookie)?.[1] ?? '')
}

/** Settings of a server; of a URL its password. */
export function noteSettings(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!SECRET_SETTING.test(name)) continue
    if (!name.endsWith('_URL')) noteSecret(value)
    else if (URL.canParse(value)) noteSecret(decodeURIComponent(new URL(value).password))
  }
}

/**
 * The beginnings of the secrets that a log holds. The set-up link is printed on purpose: the token of its line is the
 * operator's way in.
 */
export function leakedSecrets(log: string): string[] {
  const lines = log.split('\n').filter((line) => !line.startsWith('Set it up (works once): '))
  const text = lines.join('\n')
  return [...used].filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 6)}…`)
}
