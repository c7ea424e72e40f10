import type { AccountEmails, ClaimedAccountEmail } from '../../db/writes/account-emails.ts'
import type { MailContent } from '../../domain/mail/content.ts'
import type { SendOutcome } from '../mail/outcome.ts'
import { JobFailure, type JobRule } from './job.ts'

export interface AccountMailPorts {
  emails: AccountEmails
  /** What a mail says now; undefined when there is nobody to say it to any more. */
  content(email: ClaimedAccountEmail): Promise<MailContent | undefined>
  /** Null without a mail server. */
  send:
    | ((
        mail: { id: string; address: string; content: MailContent },
        signal: AbortSignal,
      ) => Promise<SendOutcome>)
    | null
  /** Counts the attempts. */
  counted(outcome: SendOutcome['outcome']): void
}

/** Links of one kind that an address gets in an hour: who asks for more has working ones, and nobody is flooded. */
const LINKS_MAX = 3
const LINKS_WINDOW_MS = 60 * 60 * 1000
/** A second repeat of a mail that may have been delivered would be a nuisance. */
const DOUBTS_MAX = 1

/** One attempt of a mail to an account. An address without an account gets none, and its row goes. */
export const sendAccountEmailJob: JobRule<'send_account_email', { account_mail: AccountMailPorts }> = {
  async run({ account_email_id: id }, { account_mail, signal, attempt, max_attempts, log }) {
    const { emails, send } = account_mail
    const email = await emails.claim(id)
    if (!email) return
    if (email.doubts > DOUBTS_MAX)
      return await emails.noteFailure(id, {
        reason: 'The mail server took it twice without confirming it.',
        final: true,
        unknown: true,
      })
    const enough =
      email.kind !== 'email_changed' && (await emails.sentLike(email, LINKS_WINDOW_MS)) >= LINKS_MAX
    const content = enough ? undefined : await account_mail.content(email)
    if (!content || !send) return await emails.remove(id)

    const result = await send({ id, address: email.address, content }, signal)
    account_mail.counted(result.outcome)
    if (result.outcome === 'sent') return await emails.noteSent(id)
    const { outcome, reason } = result
    const final = outcome === 'refused' || attempt >= max_attempts
    await emails.noteFailure(id, { reason, final, unknown: outcome === 'unknown' })
    if (!final) throw new JobFailure(reason)
    // Nobody in an organization sees it: the operator reads it here, in the metrics and by `doctor`.
    log.info(
      { account_email_id: id, kind: email.kind, outcome, attempt, reason },
      'A mail to an account failed.',
    )
  },
}
