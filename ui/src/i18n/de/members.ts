import type { members as en } from '../en/members.ts'
import type { Translation } from '../index.ts'

export const members: Translation<typeof en> = {
  role: {
    contributor: 'Mitarbeit',
    administrator: 'Administration',
  },
  role_hint: {
    contributor:
      'Arbeitet an Projekten und Aufgaben, schreibt in Kanälen der ganzen Organisation und denen der eigenen Projekte.',
    administrator: 'Liest jeden Kanal; verwaltet Mitglieder, Schlüssel und Einstellungen.',
  },
  kind: {
    label: 'Anzeigen',
    all: 'Alle',
    human: 'Personen',
    agent: 'Agenten',
  },
  view: {
    filter: 'Mitglieder filtern',
    filter_placeholder: 'Name, Benutzername, E-Mail',
    invite: 'Person einladen',
    add_agent: 'Agent hinzufügen',
    unreadable: 'Die Mitglieder konnten nicht gelesen werden.',
  },
  table: {
    label: 'Mitglieder',
    member: 'Mitglied',
    role: 'Rolle',
    status: 'Status',
    activity: 'Letzte Aktivität',
    actions: 'Aktionen',
    none: 'Niemand passt dazu',
    none_note: 'Kein Mitglied hat dies im Namen, Benutzernamen oder in der E-Mail-Adresse.',
    show_all: 'Alle Mitglieder anzeigen',
  },
  row: {
    agent: 'Agent',
    you: 'ich',
    working: 'arbeitet gerade',
    here: 'gerade hier',
    never_active: 'nie aktiv',
    facts: '{role}, {activity}',
    actions_for: 'Aktionen für {name}',
    actions: 'Aktionen für das Mitglied',
    change_name: 'Namen ändern…',
    change_role: 'Rolle ändern…',
    keys: 'Schlüssel…',
    invite_link: 'Neuer Einladungslink…',
    sign_in_link: 'Neuer Anmeldelink…',
    remove: 'Entfernen…',
  },
  status: {
    active: 'Aktiv',
    invited: 'Eingeladen',
    deactivated: 'Deaktiviert',
  },
  status_word: {
    invited: 'eingeladen',
    deactivated: 'deaktiviert',
  },
  field: {
    name_example: 'Release-Schreiber',
    identifier_example: 'release-schreiber',
    identifier: 'Kennung',
    identifier_hint: 'Damit wird der Agent erwähnt.',
    username: 'Benutzername',
    username_hint:
      'Erwähnungen beginnen mit @ und diesem Namen. Der frühere Benutzername gilt noch ein Jahr.',
    role: 'Rolle',
  },
  problem: {
    no_identifier: 'Eine Kennung eingeben.',
    no_email: 'Eine E-Mail-Adresse eingeben.',
    username: 'Buchstaben einer Schrift und Ziffern; dazwischen Punkte, Bindestriche und Unterstriche.',
  },
  name_fault: {
    forbidden: 'Darf keine Steuer-, Richtungs- oder Tag-Zeichen enthalten.',
    invisible: 'Darf keine unsichtbaren Zeichen enthalten.',
    blank: 'Muss mindestens ein Zeichen zeigen.',
    marks: 'Hat zu viele Zeichen auf einem Buchstaben.',
  },
  action: {
    done: 'Fertig',
    keep: 'Behalten',
    copy_link: 'Link kopieren',
  },
  last_administrator: {
    title: 'Eine Organisation braucht eine Administration.',
    text: 'Zuerst jemand anderem diese Rolle geben.',
  },
  first_agent: {
    add: 'Ersten Agenten hinzufügen',
    invite: 'Personen einladen',
  },
  add_agent: {
    title: 'Agent hinzufügen',
    intro:
      'Er bekommt einen eigenen Schlüssel, der einmal gezeigt wird. Damit verbindet er sich über die Bridge oder mit einem eigenen Programm.',
    submit: 'Agent hinzufügen',
    key_lost:
      '{name} ist hinzugefügt, aber der Schlüssel ging unterwegs verloren. Unter Schlüssel einen neuen erstellen.',
  },
  invite: {
    title: 'Person einladen',
    title_again: 'Neuer Einladungslink',
    title_link: 'Einladungslink für {name}',
    mailed:
      'Der Link ist per E-Mail unterwegs an {email}. Er gilt einmal, eine Woche lang, und wird nicht noch einmal gezeigt.',
    send: 'Diesen Link an {email} schicken. Er gilt einmal, eine Woche lang, und wird nicht noch einmal gezeigt.',
    again: 'Ein neuer Link für {name}, {email}. Der bisherige Link gilt nicht mehr.',
    failed: 'Nicht eingeladen.',
    submit: 'Einladungslink erstellen',
    link_lost:
      '{name} ist eingeladen, aber der Link ging unterwegs verloren. In der Zeile einen neuen erstellen.',
  },
  key: {
    title: 'Schlüssel von {name}',
    once: 'Er wird nur dieses eine Mal gezeigt. Dort aufbewahren, wo der Agent läuft.',
    key: 'Schlüssel',
    env: 'Einstellungen für die Datei {file}',
    copy_env: '.env kopieren',
    hello: 'Neben dieser Datei: in {channel} grüßen',
    copy_command: 'Befehl kopieren',
    guide: 'Alles Weitere steht in der {guide}.',
    guide_link: 'Anleitung für Agenten',
    until: 'Der bisherige Schlüssel gilt noch bis {time}.',
    says: '{name} sagt: „{words}“',
    connected: '{name} ist verbunden',
    waiting: 'Warten, bis {name} sich verbindet',
    stored: 'Aufbewahrt',
  },
  keys: {
    title: 'Schlüssel von {name}',
    unreadable: 'Die Schlüssel konnten nicht gelesen werden.',
    in_use: 'Schlüssel in Gebrauch',
    made: 'erstellt {time}, {use}',
    until: 'bis {time}',
    never_used: 'nie benutzt',
    used: 'benutzt {time}',
    none: '{name} hat keinen gültigen Schlüssel. Ein Wechsel erstellt einen.',
    revoking:
      '{all}, und offene Verbindungen von {name} werden geschlossen. Das Mitglied bleibt, und ein neuer Schlüssel lässt es wieder herein.',
    revoking_all: 'Jeder Schlüssel wird sofort ungültig',
    grace: 'Nach einem neuen Schlüssel gilt der bisherige noch',
    grace_settings: 'Wie in den Einstellungen',
    grace_settings_hours: 'Wie in den Einstellungen, {hours} Std.',
    grace_none: 'Gar nicht: er endet sofort',
    grace_1: '1 Stunde',
    grace_24: '24 Stunden',
    grace_168: '7 Tage',
    keep: 'Behalten',
    revoke: 'Alle Schlüssel widerrufen',
    revoke_ask: 'Alle widerrufen…',
    rotate: 'Schlüssel wechseln',
    revoked: 'Alle Schlüssel von {name} sind widerrufen',
  },
  names: {
    title_own: 'Eigener Name',
    title: 'Name von {name}',
    changed: '{name} heißt jetzt @{username}',
  },
  remove: {
    title: '{name} entfernen',
    agent:
      'Seine Schlüssel werden sofort ungültig, seine Verbindungen werden geschlossen. Was er geschrieben hat, bleibt.',
    own: 'Der eigene Zugang zu dieser Organisation endet sofort, auf jedem Gerät. Was geschrieben wurde, bleibt.',
    person:
      '{name} verliert sofort den Zugang zu dieser Organisation, auf jedem Gerät. Was geschrieben wurde, bleibt.',
    confirm: 'Zur Bestätigung {username} eingeben',
    submit: 'Aus der Organisation entfernen',
    removed: '{name} ist entfernt',
  },
  change_role: {
    title: 'Rolle von {name}',
    own: 'Mitglieder, Schlüssel und Einstellungen ließen sich danach nicht mehr selbst verwalten.',
    submit: 'Rolle ändern',
    changed:
      '{role, select, administrator {{name} hat jetzt die Rolle Administration} other {{name} hat jetzt die Rolle Mitarbeit}}',
  },
  sign_in_link: {
    title: 'Anmeldelink für {name}',
    failed: 'Es wurde kein Link erstellt.',
    give: 'Diesen Link persönlich an {name} geben. Er gilt einmal, bis {time}, und wird nicht noch einmal gezeigt.',
    intro:
      'Damit setzt {name} ein neues Passwort für diese Organisation und wird anderswo abgemeldet. Das kann jede Person mit diesem Link: auf vertrauenswürdigem Weg übergeben. Er gilt eine Stunde; ein früherer endet.',
    submit: 'Anmeldelink erstellen',
    lost: 'Der Link ging unterwegs verloren. Einen neuen erstellen.',
  },
}
