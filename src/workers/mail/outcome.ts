import { oneLine, shortened } from '../../domain/mail/mail-text.ts'

/**
 * What became of an attempt. `deferred`: certainly not taken, and another attempt may succeed. `refused`: another attempt
 * would be refused again. `unknown`: the connection ended while the server had the mail; it may have been delivered.
 */
export type SendOutcome =
  | { outcome: 'sent' }
  | { outcome: 'deferred' | 'refused' | 'unknown'; reason: string }

/** Characters of an answer that an administrator is shown. */
export const REASON_MAX = 500

/** Commands whose 5xx answer is about this mail. Any other one is about the connection or the account. */
const OF_THE_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA'])

const SENTENCES: Readonly<Record<string, string>> = {
  EAUTH: 'The mail server refuses the user name or password of MC_SMTP_URL.',
  ENOAUTH: 'The mail server refuses the user name or password of MC_SMTP_URL.',
  EDNS: 'The name of the mail server is not found.',
  ECONNREFUSED: 'The mail server refuses connections.',
  ETIMEDOUT: 'The mail server did not answer in time.',
  ETLS: 'No TLS connection to the mail server: it offers none, or its certificate is not valid.',
  EABORTED: 'This server was stopped meanwhile.',
}
const CLOSED = 'The connection to the mail server was lost.'

interface SmtpError {
  code?: string
  command?: string
  response?: string
  responseCode?: number
  cause?: unknown
}

/** The outcome of a failed attempt; `data_begun`: the server had asked for the content. */
export function outcomeOf(error: unknown, data_begun: boolean): SendOutcome {
  const { code, command = '', response, responseCode } = (error ?? {}) as SmtpError
  const answered = responseCode !== undefined && responseCode >= 400
  if (answered && code !== 'EAUTH') {
    const reason = shortened(oneLine(response ?? String(responseCode)), REASON_MAX)
    return { outcome: responseCode >= 500 && OF_THE_MAIL.has(command) ? 'refused' : 'deferred', reason }
  }
  // Never the error's own text: it may quote what was sent to sign in.
  const reason = SENTENCES[isRefusedConnection(error) ? 'ECONNREFUSED' : (code ?? '')] ?? CLOSED
  return { outcome: data_begun ? 'unknown' : 'deferred', reason }
}

function isRefusedConnection(error: unknown): boolean {
  return error instanceof Error && /ECONNREFUSED/.test(error.message)
}
