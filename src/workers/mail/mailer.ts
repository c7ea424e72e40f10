import { Readable } from 'node:stream'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailContent } from '../../domain/mail/content.ts'
import { compose } from './compose.ts'
import { outcomeOf, type SendOutcome } from './outcome.ts'
import type { SmtpServer } from './smtp-url.ts'

interface Mailbox {
  name: string
  address: string
}

export interface OutgoingMail {
  /** The same for every attempt, so that a receiver recognizes a repeat. */
  message_id: string
  from: Mailbox
  /** The server's own address: reports about undelivered mail go there. */
  sender: string
  to: Mailbox
  content: MailContent
  /** Takes the one-click POST of RFC 8058; null for a mail that nobody can unsubscribe from. */
  unsubscribe_url: string | null
}

/** Port of the mail server. */
export interface Mailer {
  /** Every failure of the server is an outcome, never an error. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<SendOutcome>
}

interface MailerOptions {
  /** Name of this server in its greeting. */
  client_name: string
  /** The attempt ends when the server says nothing for this long. */
  silence_ms?: number
  /** The attempt ends after this time, however slowly the server goes on. */
  attempt_ms?: number
}

const SILENCE_MS = 30_000
const ATTEMPT_MS = 90_000

/** Sends mails by SMTP, each on a connection of its own. */
export class SmtpMailer implements Mailer {
  readonly #server: SmtpServer
  readonly #options: Required<MailerOptions>

  constructor(server: SmtpServer, options: MailerOptions) {
    this.#server = server
    this.#options = { silence_ms: SILENCE_MS, attempt_ms: ATTEMPT_MS, ...options }
  }

  async send(mail: OutgoingMail, signal: AbortSignal): Promise<SendOutcome> {
    const bytes = await compose(mail)
    const attempt = new Attempt(this.#server, this.#options)
    const abort = () => attempt.fail({ code: 'EABORTED' })
    const timer = setTimeout(() => attempt.fail({ code: 'ETIMEDOUT' }), this.#options.attempt_ms)
    signal.addEventListener('abort', abort, { once: true })
    try {
      if (signal.aborted) abort()
      return await attempt.deliver({ from: mail.sender, to: mail.to.address }, bytes)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      attempt.close()
    }
  }
}

/** One conversation with the server, for one mail. */
class Attempt {
  readonly #connection: SMTPConnection
  readonly #auth: SmtpServer['auth']
  readonly #settled = Promise.withResolvers<SendOutcome>()
  /** The server asked for the content: from then on only its answer tells whether it took the mail. */
  #data_begun = false

  constructor({ auth, ...server }: SmtpServer, { client_name, silence_ms }: Required<MailerOptions>) {
    this.#auth = auth
    this.#connection = new SMTPConnection({
      ...server,
      name: client_name,
      connectionTimeout: silence_ms,
      greetingTimeout: silence_ms,
      dnsTimeout: silence_ms,
      socketTimeout: silence_ms,
    })
    // It stays for the errors of a connection that is given up.
    this.#connection.on('error', (error) => this.fail(error))
    this.#connection.on('end', () => this.fail(undefined))
  }

  async deliver({ from, to }: { from: string; to: string }, bytes: Buffer): Promise<SendOutcome> {
    const send = () =>
      this.#connection.send({ from, to: [to] }, this.#whenAsked(bytes), (error) =>
        error ? this.fail(error) : this.#settled.resolve({ outcome: 'sent' }),
      )
    this.#connection.connect((error) => {
      if (error) this.fail(error)
      else if (!this.#auth) send()
      else if (!this.#connection.allowsAuth) this.fail({ code: 'EAUTH' })
      else
        this.#connection.login({ credentials: this.#auth }, (refused) =>
          refused ? this.fail(refused) : send(),
        )
    })
    return await this.#settled.promise
  }

  /** Only the first outcome counts. */
  fail(error: unknown): void {
    this.#settled.resolve(outcomeOf(error, this.#data_begun))
  }

  close(): void {
    this.#connection.close()
  }

  /** The content as a stream that is read when the server asks for it. */
  #whenAsked(bytes: Buffer): Readable {
    const begin = () => {
      this.#data_begun = true
    }
    return new Readable({
      read() {
        begin()
        this.push(bytes)
        this.push(null)
      },
    })
  }
}
