import type { Tx } from '../../db/client.ts'
import { noteFailure, noteSent } from '../../db/writes/outgoing-emails.ts'
import type { SendOutcome } from '../mail/outcome.ts'
import { type MailLinks, type PreparedMail, prepareMail } from '../mail/prepare.ts'
import { JobFailure, type JobRule } from './job.ts'

export interface MailPorts {
  /** A transaction of one org. */
  inOrg<T>(org_id: string, run: (tx: Tx) => Promise<T>): Promise<T>
  links: MailLinks
  /** Null without a mail server. */
  send: ((mail: PreparedMail, signal: AbortSignal) => Promise<SendOutcome>) | null
  /** Counts the attempts. */
  counted(outcome: SendOutcome['outcome']): void
}

/** For a mail that was made while there was a mail server. */
const NO_SERVER = 'No mail server is configured (MC_SMTP_URL).'

/**
 * One attempt of a mail. Its content is settled and stored before the first word to the mail server, and the outcome after
 * the last: a process that dies in between leaves a mail that may have been delivered, which is repeated once, with the same
 * Message-ID.
 */
export const sendEmailJob: JobRule<'send_email', { mail: MailPorts }> = {
  async run(payload, { mail, signal, attempt, max_attempts, log }) {
    const { org_id, email_id } = payload
    const failed = (failure: { reason: string; final: boolean; unknown: boolean }) =>
      mail.inOrg(org_id, (tx) => noteFailure(tx, org_id, email_id, failure))
    if (!mail.send) return await failed({ reason: NO_SERVER, final: true, unknown: false })

    const prepared = await mail.inOrg(org_id, (tx) => prepareMail(tx, mail.links, payload))
    if (!prepared) return
    const result = await mail.send(prepared, signal)
    mail.counted(result.outcome)
    if (result.outcome === 'sent') return await mail.inOrg(org_id, (tx) => noteSent(tx, org_id, email_id))

    const { outcome, reason } = result
    const final = outcome === 'refused' || attempt >= max_attempts
    await failed({ reason, final, unknown: outcome === 'unknown' })
    if (!final) throw new JobFailure(reason)
    log.info({ org_id, email_id, outcome, attempt }, 'A mail failed; administrators may resend it.')
  },
}
