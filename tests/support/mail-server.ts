import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { until } from './streams.ts'

/** What the server does with the next mail to an address. */
export type Conduct =
  | 'take'
  /** 550 at RCPT TO: nobody has this address. */
  | 'refuse'
  /** 451 at RCPT TO: come again later. */
  | 'greylist'
  /** Takes the content and never answers. */
  | 'hang'
  /** Takes the mail for good and cuts the connection before the answer. */
  | 'cut'

export interface ReceivedMail {
  raw: string
  /** As a mail program reads it. */
  mail: Email
  to: string
  from: string
  user: string | undefined
  secure: boolean
}

interface MailServerOptions {
  port?: number
  /** Offers STARTTLS, and takes mails from this user only. */
  login?: { user: string; password: string }
}

/** A real SMTP server on this machine. */
export interface MailServer {
  port: number
  url: string
  /** Mails that it took, also those whose sender never heard of it. */
  received: ReceivedMail[]
  /** Attempts by address, also those that it refused. */
  attempts(address: string): number
  /** The conduct towards the next mails to an address; after them it takes mails again. */
  next(address: string, ...conducts: Conduct[]): void
  /** Waits until `count` mails to an address came, and returns them. */
  mailsTo(address: string, count?: number): Promise<ReceivedMail[]>
  stop(): Promise<void>
}

export async function startMailServer({ port = 0, login }: MailServerOptions = {}): Promise<MailServer> {
  const received: ReceivedMail[] = []
  const attempts = new Map<string, number>()
  const script = new Map<string, Conduct[]>()
  const conducts = new Map<unknown, Conduct>()
  const refusal = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode })

  const smtp = new SMTPServer({
    authOptional: login === undefined,
    disabledCommands: login ? [] : ['STARTTLS', 'AUTH'],
    closeTimeout: 50,
    onAuth({ username, password }, _, done) {
      if (username === login?.user && password === login?.password) done(null, { user: username })
      else done(refusal(535, `Wrong password ${password}`))
    },
    onRcptTo({ address }, session, done) {
      attempts.set(address, (attempts.get(address) ?? 0) + 1)
      const conduct = script.get(address)?.shift() ?? 'take'
      conducts.set(session, conduct)
      if (conduct === 'refuse') done(refusal(550, '5.1.1 No such user here'))
      else if (conduct === 'greylist') done(refusal(451, '4.7.1 Greylisted, try again later'))
      else done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const conduct = conducts.get(session)
        if (conduct === 'hang') return
        const raw = Buffer.concat(chunks).toString('latin1')
        received.push({
          raw,
          mail: await PostalMime.parse(Buffer.concat(chunks)),
          to: session.envelope.rcptTo[0]?.address ?? '',
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          user: session.user as string | undefined,
          secure: session.secure,
        })
        if (conduct === 'cut') for (const { _socket } of connectionsOf(smtp)) _socket.destroy()
        else done()
      })
    },
  })
  // Connections that are cut end with an error.
  smtp.on('error', () => undefined)
  await new Promise<void>((listening) => smtp.listen(port, '127.0.0.1', listening))
  const address = smtp.server.address()
  const bound = typeof address === 'object' && address ? address.port : 0
  const sent = (to: string) => received.filter((mail) => mail.to === to)
  return {
    port: bound,
    url: `smtp://${login ? `${login.user}:${encodeURIComponent(login.password)}@` : ''}127.0.0.1:${bound}`,
    received,
    attempts: (to) => attempts.get(to) ?? 0,
    next: (to, ...list) => script.set(to, list),
    async mailsTo(to, count = 1) {
      await until(() => sent(to).length >= count)
      return sent(to)
    },
    stop: () => new Promise((stopped) => smtp.close(() => stopped())),
  }
}

function connectionsOf(smtp: SMTPServer): Iterable<{ _socket: { destroy(): void } }> {
  return (smtp as unknown as { connections: Set<{ _socket: { destroy(): void } }> }).connections
}
