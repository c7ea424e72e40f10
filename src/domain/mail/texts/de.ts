import type { MailTexts } from './index.ts'

export const de: MailTexts = {
  more: (count) => `${count} weitere`,
  once: 'gilt einmal, innerhalb einer Stunde. Wer ihn hat, kann ihn benutzen: nicht weiterleiten.',
  the_link: 'Der Link',
  each_link: 'Jeder Link',
  unasked: 'Wer das nicht wollte, braucht nichts zu tun: es hat sich nichts geändert.',
  reset: {
    what: 'Neues Passwort setzen',
    why: 'Für diese Adresse wurde ein neues Passwort angefordert.',
    account_in: (orgs) => `Konto in ${orgs}`,
  },
  confirm: {
    what: 'Neue E-Mail-Adresse bestätigen',
    why: (name, former_email) =>
      `${name} (${former_email}) möchte sich ab jetzt mit dieser Adresse anmelden. Der Link fragt nach dem Passwort des Kontos.`,
    link: 'Adresse bestätigen',
  },
  changed: {
    what: 'Die E-Mail-Adresse ist geändert',
    told: (name, email) =>
      `Das Konto von ${name} hat ab jetzt die Adresse ${email}; diese hier öffnet es nicht mehr.`,
    unasked: 'Wer das nicht selbst war, sagt es sofort der Administration der Organisation.',
  },
  invite: {
    what: (org) => `Einladung zu ${org}`,
    lead: (org) => `Einladung zu ${org} auf Mission Control.`,
    by_link: 'Mit diesem Link beitreten:',
    join: 'Beitreten',
    until: (time) =>
      `Der Link gilt einmal, bis ${time}. Wer ihn hat, kann unter diesem Namen beitreten: nicht weiterleiten.`,
    unknown: 'Wer nicht weiß, von wem die Einladung kommt, braucht nichts zu tun.',
  },
  notifications: {
    count: (count) => `${count} Benachrichtigungen`,
    more: (count) => `Und ${count} weitere in Mission Control.`,
    in_channel: (title, channel) => `${title} in #${channel}`,
    open: 'In Mission Control öffnen',
    why: (org) => `Diese E-Mail kommt wegen der Mitgliedschaft in ${org}.`,
    choose: 'Auswählen, welche E-Mails kommen',
    no_more: 'Keine E-Mails über Benachrichtigungen mehr',
    unsubscribe: 'Abbestellen',
  },
}
