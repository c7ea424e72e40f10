import type { account as en } from '../en/account.ts'
import type { Translation } from '../index.ts'

export const account: Translation<typeof en> = {
  menu: {
    label: 'Konto',
    theme: 'Darstellung',
    language: 'Sprache',
    language_system: 'Wie im Browser',
    names: 'Name und Benutzername…',
    picture: 'Bild…',
    email: 'E-Mail-Adresse ändern…',
    password: 'Passwort ändern…',
    identities: 'Anmeldewege…',
    second_factor: 'Zweiter Faktor…',
    passkeys: 'Passkeys…',
    sessions: 'Sitzungen…',
    docs: 'Dokumentation (englisch)',
    sign_out: 'Abmelden',
  },
}
