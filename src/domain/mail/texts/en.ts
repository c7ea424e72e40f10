/** What mails say. */
export const en = {
  /** A list of organizations that ends with a count. */
  more: (count: number) => `${count} more`,
  once: 'works once, within an hour. Whoever has it can use it: do not forward it.',
  the_link: 'The link',
  each_link: 'Each link',
  unasked: 'If you did not ask for it, ignore this mail: nothing has changed.',
  reset: {
    what: 'Set a new password',
    why: 'Somebody, probably you, asked for a new password.',
    account_in: (orgs: string) => `Your account in ${orgs}`,
  },
  confirm: {
    what: 'Confirm your new e-mail address',
    why: (name: string, former_email: string) =>
      `${name} (${former_email}) wants to sign in with this address from now on. The link asks for the password of the account.`,
    link: 'Confirm the address',
  },
  changed: {
    what: 'Your e-mail address has changed',
    told: (name: string, email: string) =>
      `The account of ${name} has the address ${email} from now on; this one does not open it any more.`,
    unasked: 'If that was not you, tell an administrator of your organization at once.',
  },
  invite: {
    what: (org: string) => `You are invited to ${org}`,
    lead: (org: string) => `You are invited to ${org} on Mission Control.`,
    by_link: 'Join with this link:',
    join: 'Join',
    until: (time: string) =>
      `The link works once, until ${time}. Whoever has it can join as you: do not forward it.`,
    unknown: 'If you do not know who invited you, ignore this mail.',
  },
  notifications: {
    count: (count: number) => `${count} notifications`,
    more: (count: number) => `And ${count} more in Mission Control.`,
    in_channel: (title: string, channel: string) => `${title} in #${channel}`,
    open: 'Open in Mission Control',
    why: (org: string) => `You get this mail as a member of ${org}.`,
    choose: 'Choose which mails you get',
    no_more: 'No more mails about notifications',
    unsubscribe: 'Unsubscribe',
  },
} as const
