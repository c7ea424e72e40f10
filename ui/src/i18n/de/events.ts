import type { events as en } from '../en/events.ts'
import type { Translation } from '../index.ts'

export const events: Translation<typeof en> = {
  title: 'Ereignisse',
  count: '{count, plural, one {# Ereignis} other {# Ereignisse}}',
  count_newest: '{count, plural, one {Neuestes # Ereignis} other {Neueste # Ereignisse}}',
  waiting: '{count, number} neu',
  former_member: 'früheres Mitglied',
  unknown_channel: 'ein Kanal',
  show: 'Anzeigen',
  unreadable: 'Die Ereignisse konnten nicht gelesen werden.',
  empty: {
    filtered: 'Kein Ereignis passt zum Filter',
    filtered_note: 'Neue, die dazu passen, erscheinen hier von selbst.',
    none: 'Noch keine Ereignisse',
    none_note: 'Jede Änderung in dieser Organisation erscheint hier, sofort und für immer.',
    show_all: 'Alle Ereignisse anzeigen',
  },
  table: {
    label: 'Ereignisprotokoll',
    number: 'Nummer',
    time: 'Zeit',
    type: 'Typ',
    actor: 'Akteur',
    what: 'Was geschah',
    project: 'Projekt',
    details: 'Details',
    details_of: 'Details zu Ereignis {number}',
    ended_project: 'Beendetes Projekt',
    organization: 'Organisation',
    older_unreadable: 'Ältere Ereignisse konnten nicht gelesen werden.',
    newest_only: 'Nur die neuesten Ereignisse werden angezeigt. Ein Filter nach Datum zeigt ältere.',
    show_older: 'Ältere Ereignisse anzeigen',
    nothing_older: 'Nichts Älteres.',
  },
  panel: {
    title: 'Ereignis {number}',
    copy_json: 'JSON kopieren',
    type: 'Typ',
    time: 'Zeit',
    actor: 'Akteur',
    payload: 'Nutzdaten',
    all_of_type: 'Alle dieses Typs',
    all_by_actor: 'Alle dieses Akteurs',
    all_of: {
      task: 'Alle dieser Aufgabe',
      project: 'Alle dieses Projekts',
      channel: 'Alle dieses Kanals',
    },
  },
  subject: {
    task: 'Aufgabe',
    project: 'Projekt',
    channel: 'Kanal',
    message: 'Nachricht',
  },
  subject_name: {
    task: 'Aufgabe öffnen',
    message: 'Nummer {number}',
  },
  filters: {
    label: 'Filter',
    clear: 'Zurücksetzen',
    type: 'Typ',
    any_type: 'Jeder Typ',
    types_chosen: '{count} gewählt',
    task: 'Aufgabe',
    any_task: 'Jede Aufgabe',
    date: 'Datum',
    any_date: 'Jedes Datum',
    user_id: 'Akteur',
    project_id: 'Projekt',
    channel_id: 'Kanal',
    of_link: {
      user_id: 'Akteur aus dem Link',
      project_id: 'Projekt aus dem Link',
      channel_id: 'Kanal aus dem Link',
    },
  },
  types: {
    title: 'Typen von Ereignissen',
  },
  dates: {
    title: 'Tage des Protokolls',
    presets: 'Vorgaben',
    from: 'Von',
    to: 'Bis einschließlich',
    wrong: 'Liegt vor dem ersten Tag.',
    today: 'Heute',
    yesterday: 'Gestern',
    last_7_days: 'Letzte 7 Tage',
    last_30_days: 'Letzte 30 Tage',
    until: 'bis {day}',
    since: 'seit {day}',
    range: '{first} bis {last}',
  },
  find_task: {
    title: 'Ereignisse einer Aufgabe',
    field: 'Titel der Aufgabe',
    unreadable: 'Die Aufgaben konnten nicht durchsucht werden.',
    none: 'Keine Aufgabe hat dies im Titel.',
  },
  kind: {
    task: 'Aufgaben',
    project: 'Projekte',
    message: 'Nachrichten',
    command: 'Befehle',
    channel: 'Kanäle',
    user: 'Mitglieder',
    api_key: 'Schlüssel',
    scim_token: 'Provisionierung',
    auth: 'Anmeldung',
    org: 'Organisation',
    sub_agent: 'Sub-Agenten',
    export: 'Exporte',
  },
  method: {
    github: 'GitHub',
    google: 'Google',
    oidc: 'OpenID Connect',
    password: 'Passwort',
    second_factor: 'falschem Code',
    passkey: 'Passkey',
  },
  field: {
    title: 'Titel',
    name: 'Name',
    description: 'Beschreibung',
    type: 'Typ',
    priority: 'Priorität',
    project_ids: 'Projekte',
    assignee_ids: 'Zuständige',
    required_evidence_types: 'geforderte Nachweise',
    owner_id: 'Verantwortung',
    links: 'Links',
  },
  sentence: {
    org: {
      created: 'legte die Organisation {org} an',
      updated: 'benannte die Organisation in {org} um',
      settings_changed: 'änderte die Einstellungen',
      suspended: 'setzte die Organisation aus',
      resumed: 'setzte die Organisation fort',
      deletion_initiated: 'leitete die Löschung der Organisation ein',
      deletion_initiated_due: 'leitete die Löschung der Organisation ein, fällig am {time}',
      restored: 'brach die Löschung der Organisation ab',
    },
    user: {
      created:
        '{kind, select, invited {lud {user} ein} agent {fügte den Agenten {user} hinzu} other {fügte die Person {user} hinzu}}',
      updated: '{own, select, yes {änderte das eigene Profil} other {änderte das Profil von {user}}}',
      role_changed:
        '{role, select, administrator {gab {user} die Rolle Administration} other {gab {user} die Rolle Mitarbeit}}',
      removed: '{own, select, yes {verließ die Organisation} other {entfernte {user}}}',
    },
    api_key: {
      made: 'erstellte einen Schlüssel für {user}',
      rotated: 'wechselte den Schlüssel von {user}; der frühere endete sofort',
      rotated_until: 'wechselte den Schlüssel von {user}; der frühere gilt bis {time}',
      revoked: 'widerrief alle Schlüssel von {user}',
      rotation_due:
        'erinnerte daran, dass der Schlüssel {key} von {user} {days, plural, one {# Tag} other {# Tage}} alt ist',
    },
    scim_token: {
      created: 'erstellte das Provisionierungs-Token {token}',
      revoked: 'widerrief das Provisionierungs-Token {token}',
    },
    auth: {
      login_success: 'meldete sich mit {method} an',
      login_failure:
        'wies die Anmeldung mit {method} für {user} ab{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
      api_key_failure: {
        malformed:
          'wies einen fehlerhaften Schlüssel von {user} ab{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        unknown:
          'wies einen unbekannten Schlüssel von {user} ab{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        wrong:
          'wies einen falschen Schlüssel von {user} ab{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        revoked:
          'wies einen widerrufenen Schlüssel von {user} ab{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        expired:
          'wies einen abgelaufenen Schlüssel von {user} ab{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
      },
      session_ended: {
        logout: 'meldete sich ab',
        revoked: 'beendete eine Sitzung',
        password: 'beendete eine Sitzung durch ein neues Passwort',
        second_factor: 'beendete eine Sitzung durch Einschalten des zweiten Faktors',
      },
      session_revoked: 'beendete eine Sitzung von {user}',
      sign_in_link_created: 'erstellte einen Anmeldelink für {user}',
      identity_linked: 'fügte {method} als Anmeldeweg für {user} hinzu',
      identity_unlinked: 'entfernte {method} als Anmeldeweg für {user}',
      password_changed:
        '{own, select, yes {änderte das eigene Passwort} other {änderte das Passwort von {user}}}',
      account_changed: {
        email: 'änderte die eigene E-Mail-Adresse',
        second_factor_on: 'schaltete den eigenen zweiten Faktor ein',
        second_factor_off: 'schaltete den eigenen zweiten Faktor aus',
        recovery_codes: 'erstellte neue Wiederherstellungscodes',
        recovery_code_used: 'benutzte einen Wiederherstellungscode',
        passkey_added: 'fügte einen Passkey hinzu',
        passkey_removed: 'entfernte einen Passkey',
      },
    },
    project: {
      created: '{it, select, yes {legte es an} other {legte {project} an}}',
      updated: '{it, select, yes {änderte {fields}} other {änderte {fields} von {project}}}',
      transitioned:
        '{it, select, yes {verschob es von {from} nach {to}} other {verschob {project} von {from} nach {to}}}{said, select, yes {: „{quote}“} other {}}',
      archived: '{it, select, yes {beendete es} other {beendete {project}}}',
      user_assigned: '{it, select, yes {fügte {user} hinzu} other {fügte {user} zu {project} hinzu}}',
      user_unassigned: '{it, select, yes {entfernte {user}} other {entfernte {user} aus {project}}}',
    },
    task: {
      created: '{it, select, yes {legte sie an} other {legte {task} an}}',
      updated: '{it, select, yes {änderte {fields}} other {änderte {fields} von {task}}}',
      transitioned:
        '{it, select, yes {verschob sie von {from} nach {to}} other {verschob {task} von {from} nach {to}}}{said, select, yes {: „{quote}“} other {}}',
      assigned: '{it, select, yes {wies {user} zu} other {wies {task} an {user} zu}}',
      unassigned:
        '{it, select, yes {hob die Zuweisung an {user} auf} other {hob die Zuweisung von {task} an {user} auf}}',
      dependency_added:
        '{it, select, waiting {lässt sie auf {blocker} warten} blocker {lässt {task} auf sie warten} other {lässt {task} auf {blocker} warten}}',
      dependency_removed:
        '{it, select, yes {entfernte eine Abhängigkeit} other {entfernte eine Abhängigkeit von {task}}}',
      evidence_added: {
        pr_link:
          '{it, select, yes {fügte einen Nachweis hinzu, Pull-Request} other {fügte {task} einen Nachweis hinzu, Pull-Request}}',
        test_results:
          '{it, select, yes {fügte einen Nachweis hinzu, Testergebnisse} other {fügte {task} einen Nachweis hinzu, Testergebnisse}}',
        doc_url:
          '{it, select, yes {fügte einen Nachweis hinzu, Dokument} other {fügte {task} einen Nachweis hinzu, Dokument}}',
      },
      evidence_removed: {
        pr_link:
          '{it, select, yes {entfernte einen Nachweis, Pull-Request} other {entfernte einen Nachweis, Pull-Request, von {task}}}',
        test_results:
          '{it, select, yes {entfernte einen Nachweis, Testergebnisse} other {entfernte einen Nachweis, Testergebnisse, von {task}}}',
        doc_url:
          '{it, select, yes {entfernte einen Nachweis, Dokument} other {entfernte einen Nachweis, Dokument, von {task}}}',
      },
      unblocked: '{it, select, yes {löste ihre Blockierung} other {löste die Blockierung von {task}}}',
      archived: '{it, select, yes {archivierte sie} other {archivierte {task}}}',
    },
    another_task: 'eine andere Aufgabe',
    channel: {
      created: 'legte den Kanal {channel} an',
      updated: 'benannte den Kanal in {channel} um',
      loop_paused:
        'hielt die Agenten nach {messages, plural, one {# Nachricht} other {# Nachrichten}} in Folge in {channel} an',
      loop_resumed: {
        human: 'ließ die Agenten in {channel} weitermachen: ein Mensch hat geschrieben',
        time: 'ließ die Agenten in {channel} weitermachen: die Pause war vorbei',
        administrator: 'ließ die Agenten in {channel} weitermachen: die Administration wollte es so',
      },
    },
    message: {
      created:
        'schrieb in {channel}{reply, select, yes {, als Antwort} other {}}{mentioned, select, yes {, erwähnt {people}} other {}}',
      removed: 'schrieb in {channel}, inzwischen entfernt',
    },
    command: {
      invoked: 'führte {command} in {channel} aus',
    },
    sub_agent: {
      created: 'startete den Sub-Agenten {sub_agent}, Modell {model}',
      completed:
        '{own, select, yes {schloss seine Arbeit ab} other {schloss den Sub-Agenten {sub_agent} ab}}{said, select, yes {: „{quote}“} other {}}',
      terminated: 'beendete den Sub-Agenten {sub_agent}{said, select, yes {: „{quote}“} other {}}',
      expired: 'beendete den Sub-Agenten {sub_agent}: seine Zeit war abgelaufen',
    },
    export: {
      requested: '{backup, select, yes {begann eine Sicherung} other {forderte einen Export an}}',
      ready: '{backup, select, yes {stellte eine Sicherung fertig} other {stellte einen Export fertig}}',
      failed:
        '{backup, select, yes {konnte eine Sicherung nicht fertigstellen} other {konnte einen Export nicht fertigstellen}}',
    },
  },
}
