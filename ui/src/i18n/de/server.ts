import type { ErrorCode } from '@contracts/errors.ts'
import { GERMAN_TITLES } from '@text/notification-titles.ts'
import { translatorOf } from '../server.ts'
import { common } from './common.ts'
import { projects } from './projects.ts'
import { tasks } from './tasks.ts'

/** A refusal whose sentence is not listed below. */
export const BY_CODE: Readonly<Record<ErrorCode, string>> = {
  VALIDATION_FAILED: 'Die Anfrage ist nicht gültig.',
  INVALID_ID: 'Die Kennung ist nicht gültig.',
  INVALID_JSON: 'Die Anfrage war nicht lesbar.',
  INVALID_CURSOR: 'Die Stelle der Liste ist nicht gültig.',
  UNAUTHENTICATED: 'Eine Anmeldung ist nötig.',
  INVALID_API_KEY: 'Dieser API-Schlüssel ist nicht gültig.',
  INVALID_CREDENTIALS: 'Die Zugangsdaten sind nicht richtig.',
  SESSION_EXPIRED: 'Die Sitzung ist abgelaufen. Neu anmelden.',
  SESSION_REVOKED: 'Die Sitzung wurde abgemeldet. Neu anmelden.',
  FORBIDDEN: 'Dazu fehlt die Berechtigung.',
  CSRF_VALIDATION_FAILED:
    'Diese Anfrage kam nicht von einer Seite dieses Servers. Neu laden und erneut versuchen.',
  SINGLE_TENANT: 'Dieser Server hat nur eine Organisation.',
  NOT_FOUND: 'Das gibt es nicht.',
  ORG_NOT_FOUND: 'Diese Organisation gibt es nicht.',
  USER_NOT_FOUND: 'Dieses Mitglied gibt es nicht.',
  PROJECT_NOT_FOUND: 'Dieses Projekt gibt es nicht.',
  TASK_NOT_FOUND: 'Diese Aufgabe gibt es nicht.',
  CHANNEL_NOT_FOUND: 'Diesen Kanal gibt es nicht.',
  MESSAGE_NOT_FOUND: 'Diese Nachricht gibt es nicht.',
  EVIDENCE_NOT_FOUND: 'Diesen Nachweis gibt es nicht.',
  DEPENDENCY_NOT_FOUND: 'Diese Abhängigkeit gibt es nicht.',
  SUB_AGENT_NOT_FOUND: 'Diesen Sub-Agenten gibt es nicht.',
  EXPORT_NOT_FOUND: 'Diesen Export gibt es nicht.',
  NOTIFICATION_NOT_FOUND: 'Diese Benachrichtigung gibt es nicht.',
  EMAIL_NOT_FOUND: 'Diese E-Mail gibt es nicht.',
  JOB_NOT_FOUND: 'Diesen Auftrag gibt es nicht.',
  SESSION_NOT_FOUND: 'Diese Sitzung gibt es nicht.',
  PASSKEY_NOT_FOUND: 'Diesen Passkey gibt es nicht.',
  INVITE_NOT_FOUND: 'Diese Einladung gibt es nicht.',
  SCIM_TOKEN_NOT_FOUND: 'Dieses Token gibt es nicht.',
  IDENTITY_NOT_FOUND: 'Diesen Anmeldeweg gibt es nicht.',
  INVALID_TRANSITION: 'Dieser Schritt geht jetzt nicht.',
  EVIDENCE_REQUIRED: 'Es fehlt ein Nachweis.',
  TASK_BLOCKED: 'Aufgaben, die diese blockieren, sind nicht fertig.',
  CIRCULAR_DEPENDENCY: 'Diese Abhängigkeit würde einen Kreis schließen.',
  SLUG_TAKEN: 'Diese Adresse ist vergeben.',
  NAME_TAKEN: 'Dieser Name ist vergeben.',
  ALREADY_MEMBER: 'Die Mitgliedschaft besteht schon.',
  LAST_ADMINISTRATOR: 'Eine Organisation behält mindestens eine Person in der Administration.',
  ORG_READ_ONLY:
    'Diese Organisation ist im Moment schreibgeschützt: sie ist ausgesetzt oder wird bald gelöscht.',
  IDEMPOTENCY_CONFLICT: 'Dieselbe Anfrage kam schon mit anderem Inhalt.',
  ALREADY_SET_UP: 'Dieser Server ist schon eingerichtet. Anmelden.',
  OTHER_USER:
    'Jemand anderes hat sich in diesem Browser angemeldet. Neu anmelden, um mit dem eigenen Konto fortzufahren.',
  VERSION_CONFLICT: 'Jemand hat das inzwischen geändert. Neu laden.',
  PAYLOAD_TOO_LARGE: 'Das ist zu groß.',
  UNSUPPORTED_MEDIA_TYPE: 'Diese Art von Inhalt nimmt der Server nicht an.',
  RATE_LIMITED: 'Zu viele Anfragen. Etwas langsamer.',
  CONNECTION_LIMIT: 'Zu viele Verbindungen sind offen.',
  SUB_AGENT_LIMIT: 'Mehr Sub-Agenten können nicht zugleich laufen.',
  AGENT_LOOP: 'Agenten haben einander hier zu lange geantwortet. Zuerst muss ein Mensch schreiben.',
  INTERNAL: 'Hier ist etwas schiefgegangen. Im Protokoll des Servers steht, was.',
  UNAVAILABLE: 'Der Server ist im Moment nicht verfügbar. Erneut versuchen.',
  OUTCOME_UNKNOWN: 'Ob das gespeichert wurde, ist nicht bekannt. Nachsehen, dann erneut versuchen.',
}

/** A problem of a field whose sentence is not listed below. */
const PROBLEM = 'Dieser Wert ist nicht gültig.'

/** Words of the vocabulary within a sentence. */
const WORDS: Readonly<Record<string, string>> = {
  ...tasks.status,
  ...tasks.evidence,
  ...projects.stage,
  ...common.role,
  active: 'aktiv',
  suspended: 'ausgesetzt',
  'pending deletion': 'zum Löschen vorgemerkt',
  resumed: 'fortgesetzt',
  deleted: 'gelöscht',
  restored: 'wiederhergestellt',
  'has completed its work': 'hat die Arbeit abgeschlossen',
  'was terminated': 'wurde beendet',
  'ran out of time': 'hat die Zeit überschritten',
  'is at work': 'arbeitet',
}

/** Sentences of the server that a person meets; `{}` stands for a value of it, `{0}` for the first one. */
export const SENTENCES: Readonly<Record<string, string>> = {
  // Refusals
  'There is no such path.': 'Diesen Pfad gibt es nicht.',
  'This server is restarting. Try again.': 'Dieser Server startet neu. Erneut versuchen.',
  'The database cannot be reached at the moment. Try again.':
    'Die Datenbank ist im Moment nicht erreichbar. Erneut versuchen.',
  'Whether this was stored is not known. Try again with the same key.':
    'Ob das gespeichert wurde, ist nicht bekannt. Erneut versuchen.',
  'Too many people sign in right now. Try again.':
    'Gerade melden sich zu viele Personen an. Erneut versuchen.',
  'Only an administrator of this organization may do this.':
    'Das darf nur die Administration dieser Organisation.',
  'Only an administrator or somebody assigned to the project may do this.':
    'Das dürfen nur die Administration und wer dem Projekt zugewiesen ist.',
  'Only an administrator changes a channel that everybody reads.':
    'Einen Kanal, den alle lesen, ändert nur die Administration.',
  'Only an administrator may change a role.': 'Eine Rolle ändert nur die Administration.',
  'Only the member itself or an administrator may change this.':
    'Das ändern nur das Mitglied selbst und die Administration.',
  'A task does not go from {} to {}.': 'Eine Aufgabe geht nicht von {0} nach {1}.',
  'A project does not go from {} to {}.': 'Ein Projekt geht nicht von {0} nach {1}.',
  'An organization that is {} cannot be {}.': 'Eine Organisation, die {0} ist, kann nicht {1} werden.',
  'Evidence is missing: {}.': 'Es fehlen Nachweise: {0}.',
  'This address is taken by another organization.': 'Diese Adresse hat eine andere Organisation.',
  'This name is taken, or looks like one that is.':
    'Dieser Name ist vergeben oder sieht einem vergebenen gleich.',
  'This username is taken, or looks like one that is.':
    'Dieser Benutzername ist vergeben oder sieht einem vergebenen gleich.',
  'This name belongs to Mission Control itself.': 'Dieser Name gehört Mission Control selbst.',
  'This username was changed too often within a year.':
    'Dieser Benutzername wurde innerhalb eines Jahres zu oft geändert.',
  'There is an agent with this identifier already.': 'Es gibt schon einen Agenten mit dieser Kennung.',
  'There is a member with this name already.': 'Es gibt schon ein Mitglied mit diesem Namen.',
  'There is a member with this name or address already.':
    'Es gibt schon ein Mitglied mit diesem Namen oder dieser Adresse.',
  'This person is a member already.': 'Diese Person ist schon Mitglied.',
  'This account is a member already.': 'Dieses Konto ist schon Mitglied.',
  'This person is invited already, with the role {}.':
    'Diese Person ist schon eingeladen, mit der Rolle {0}.',
  'This person has not joined yet. Make a new invite link.':
    'Diese Person ist noch nicht beigetreten. Einen neuen Einladungslink anlegen.',
  'An agent has no password. Give it a new key.':
    'Ein Agent hat kein Passwort. Ihm einen neuen Schlüssel geben.',
  'Only a person may let agents write again.': 'Nur ein Mensch lässt Agenten wieder schreiben.',
  'Only people ask an agent again.': 'Nur Menschen fragen einen Agenten noch einmal.',
  'Only people may create organizations.': 'Nur Menschen legen Organisationen an.',
  'A person makes the token of a provider.': 'Das Token eines Anbieters legt ein Mensch an.',
  'There are {} tokens already: revoke one that is not used any more.':
    'Es gibt schon {0} Token: eines widerrufen, das nicht mehr benutzt wird.',
  'This sub-agent has ended.': 'Dieser Sub-Agent ist beendet.',
  'This organization takes no sub-agents.': 'Diese Organisation lässt keine Sub-Agenten zu.',
  'This organization runs {} sub-agents at once at the most.':
    'In dieser Organisation laufen höchstens {0} Sub-Agenten zugleich.',
  'A task runs {} sub-agents at once at the most.':
    'Für eine Aufgabe laufen höchstens {0} Sub-Agenten zugleich.',
  'No agent of this channel takes /{}.': 'Kein Agent dieses Kanals nimmt /{0}.',
  'This mail was sent already.': 'Diese E-Mail wurde schon gesendet.',
  'Too many messages. Slow down.': 'Zu viele Nachrichten. Etwas langsamer.',
  // Sign-in and account
  'E-mail or password is wrong.': 'E-Mail oder Passwort ist falsch.',
  'Too many failed attempts. Wait a little.': 'Zu viele Fehlversuche. Etwas warten.',
  'Too many wrong codes. Wait a little.': 'Zu viele falsche Codes. Etwas warten.',
  'This is not your current password.': 'Das ist nicht das jetzige Passwort.',
  'You signed in too long ago. Sign in again first.': 'Die Anmeldung ist zu lange her. Zuerst neu anmelden.',
  'The sign-in took too long. Begin again.': 'Die Anmeldung hat zu lange gedauert. Neu beginnen.',
  'This code is not right.': 'Dieser Code ist nicht richtig.',
  'This code is not right, or it was used.': 'Dieser Code ist nicht richtig, oder er wurde schon benutzt.',
  'The account has no second factor.': 'Das Konto hat keinen zweiten Faktor.',
  'The account has a second factor. Turn it off first.':
    'Das Konto hat einen zweiten Faktor. Ihn zuerst ausschalten.',
  'This passkey does not open an account here.': 'Dieser Passkey öffnet hier kein Konto.',
  'Passkeys need an https address with a name (MC_PUBLIC_URL).':
    'Passkeys brauchen eine https-Adresse mit Namen (MC_PUBLIC_URL).',
  'It is stored already, or the account has {} passkeys. Remove one first.':
    'Er ist schon gespeichert, oder das Konto hat {0} Passkeys. Zuerst einen entfernen.',
  'It is the only way into your account. Add another one, or a password, first.':
    'Das ist der einzige Weg in das Konto. Zuerst einen anderen oder ein Passwort hinzufügen.',
  'None of your organizations lets you in with a password. Sign in with a provider.':
    'Keine der Organisationen lässt mit Passwort ein. Bei einem Anbieter anmelden.',
  'This organization does not admit this way of signing in.':
    'Diese Organisation lässt diesen Anmeldeweg nicht zu.',
  'The sign-in provider does not answer. Try again later.':
    'Der Anmeldeanbieter antwortet nicht. Später erneut versuchen.',
  'This server sends no mail. Ask an administrator for a sign-in link.':
    'Dieser Server versendet keine E-Mails. Die Administration um einen Anmeldelink bitten.',
  'This set-up link is not valid. Use the one the server printed last.':
    'Dieser Einrichtungslink ist nicht gültig. Den zuletzt vom Server ausgegebenen benutzen.',
  'This is no PNG, JPEG, WebP or GIF of a usual size.':
    'Das ist kein PNG, JPEG, WebP oder GIF üblicher Größe.',
  'Change your password first, then open the link again.':
    'Zuerst das Passwort ändern, dann den Link noch einmal öffnen.',
  // Problems of fields
  'Is required.': 'Ist nötig.',
  'Is there twice.': 'Kommt doppelt vor.',
  'Use another one.': 'Ein anderes benutzen.',
  'Use at least {} characters.': 'Mindestens {0} Zeichen benutzen.',
  'Use at most {} characters.': 'Höchstens {0} Zeichen benutzen.',
  'This repeats a few characters. Use something longer or less regular.':
    'Hier wiederholen sich wenige Zeichen. Etwas Längeres oder weniger Regelmäßiges benutzen.',
  'This is a row of neighbouring characters. Use something less regular.':
    'Das ist eine Reihe benachbarter Zeichen. Etwas weniger Regelmäßiges benutzen.',
  'This is one of the passwords that are tried first. Use another one.':
    'Das ist eines der Passwörter, die zuerst versucht werden. Ein anderes benutzen.',
  'This is almost your name or e-mail. Use another one.':
    'Das ist fast der Name oder die E-Mail-Adresse. Ein anderes benutzen.',
  'Type your current password.': 'Jetziges Passwort eingeben.',
  'This address is reserved.': 'Diese Adresse ist reserviert.',
  'Must be the address of the organization.': 'Muss die Adresse der Organisation sein.',
  'Must be the name of a time zone, e.g. Europe/Berlin.':
    'Muss der Name einer Zeitzone sein, z. B. Europe/Berlin.',
  'You would lock yourself out: first sign in in a way that stays allowed.':
    'Damit würde die eigene Anmeldung ausgesperrt: zuerst auf einem Weg anmelden, der erlaubt bleibt.',
  'The channel of a project has the name of the project.': 'Der Kanal eines Projekts heißt wie das Projekt.',
  'This task is complete: it takes no sub-agent.': 'Diese Aufgabe ist fertig: sie nimmt keinen Sub-Agenten.',
  'Must be an agent: people run no sub-agents.':
    'Muss ein Agent sein: Menschen führen keine Sub-Agenten aus.',
  'Must lie under https://github.com/{}/.': 'Muss unter https://github.com/{0}/ liegen.',
  'Must be one of: {}.': 'Muss eines davon sein: {0}.',
  'Must be a whole number from {} to {}.': 'Muss eine ganze Zahl von {0} bis {1} sein.',
  'Must be text of {} to {} characters.': 'Muss Text von {0} bis {1} Zeichen sein.',
  'Must be text of {} to {} characters of the form {}.':
    'Muss Text von {0} bis {1} Zeichen der Form {2} sein.',
  'Must be 1 to {} letters of one script, digits, and between them dots, hyphens or underscores.':
    'Muss aus 1 bis {0} Buchstaben einer Schrift und Ziffern bestehen, dazwischen Punkte, Binde- oder Unterstriche.',
  'Must be an absolute https URL of at most 2,048 characters.':
    'Muss eine vollständige https-Adresse mit höchstens 2.048 Zeichen sein.',
  'Must be a time of ISO 8601 with its zone, or a date.':
    'Muss eine Zeit nach ISO 8601 mit Zone oder ein Datum sein.',
  'Must show at least one character.': 'Muss mindestens ein sichtbares Zeichen haben.',
  'Has too many marks on one letter.': 'Hat zu viele Zeichen auf einem Buchstaben.',
  'Must not contain control, direction or tag characters.':
    'Darf keine Steuer- oder Richtungszeichen enthalten.',
  'Must not contain invisible characters.': 'Darf keine unsichtbaren Zeichen enthalten.',
  'Contains a NUL character or half of a surrogate pair.':
    'Enthält ein Zeichen, das nicht gespeichert werden kann.',
  'Shows nothing.': 'Zeigt nichts.',
}

/** German of what the server says. */
export const german = translatorOf({
  sentences: SENTENCES,
  titles: GERMAN_TITLES,
  words: WORDS,
  by_code: BY_CODE,
  problem: PROBLEM,
})
