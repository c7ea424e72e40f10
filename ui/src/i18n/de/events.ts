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
  try_again: 'Erneut versuchen',
  cancel: 'Abbrechen',
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
      created: 'hat die Organisation {org} angelegt',
      updated: 'hat die Organisation in {org} umbenannt',
      settings_changed: 'hat die Einstellungen geändert',
      suspended: 'hat die Organisation ausgesetzt',
      resumed: 'hat die Organisation fortgesetzt',
      deletion_initiated: 'hat die Löschung der Organisation eingeleitet',
      deletion_initiated_due: 'hat die Löschung der Organisation eingeleitet, fällig am {time}',
      restored: 'hat die Löschung der Organisation abgebrochen',
    },
    user: {
      created:
        '{kind, select, invited {hat {user} eingeladen} agent {hat den Agenten {user} hinzugefügt} other {hat die Person {user} hinzugefügt}}',
      updated:
        '{own, select, yes {hat das eigene Profil geändert} other {hat das Profil von {user} geändert}}',
      role_changed:
        '{role, select, administrator {hat {user} die Rolle Administration gegeben} other {hat {user} die Rolle Mitarbeit gegeben}}',
      removed: '{own, select, yes {hat die Organisation verlassen} other {hat {user} entfernt}}',
    },
    api_key: {
      made: 'hat einen Schlüssel für {user} erstellt',
      rotated: 'hat den Schlüssel von {user} gewechselt; der frühere endete sofort',
      rotated_until: 'hat den Schlüssel von {user} gewechselt; der frühere gilt bis {time}',
      revoked: 'hat alle Schlüssel von {user} widerrufen',
      rotation_due:
        'hat daran erinnert, dass der Schlüssel {key} von {user} {days, plural, one {# Tag} other {# Tage}} alt ist',
    },
    scim_token: {
      created: 'hat das Provisionierungs-Token {token} erstellt',
      revoked: 'hat das Provisionierungs-Token {token} widerrufen',
    },
    auth: {
      login_success: 'hat sich mit {method} angemeldet',
      login_failure:
        'hat die Anmeldung mit {method} für {user} abgelehnt{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
      api_key_failure: {
        malformed:
          'hat einen fehlerhaften Schlüssel von {user} abgelehnt{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        unknown:
          'hat einen unbekannten Schlüssel von {user} abgelehnt{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        wrong:
          'hat einen falschen Schlüssel von {user} abgelehnt{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        revoked:
          'hat einen widerrufenen Schlüssel von {user} abgelehnt{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
        expired:
          'hat einen abgelaufenen Schlüssel von {user} abgelehnt{count, plural, =1 {} other {, #-mal innerhalb einer Minute}}',
      },
      session_ended: {
        logout: 'hat sich abgemeldet',
        revoked: 'hat eine Sitzung beendet',
        password: 'hat durch ein neues Passwort eine Sitzung beendet',
        second_factor: 'hat durch Einschalten des zweiten Faktors eine Sitzung beendet',
      },
      session_revoked: 'hat eine Sitzung von {user} beendet',
      sign_in_link_created: 'hat einen Anmeldelink für {user} erstellt',
      identity_linked: 'hat {method} als Anmeldeweg für {user} hinzugefügt',
      identity_unlinked: 'hat {method} als Anmeldeweg für {user} entfernt',
      password_changed:
        '{own, select, yes {hat das eigene Passwort geändert} other {hat das Passwort von {user} geändert}}',
      account_changed: {
        email: 'hat die eigene E-Mail-Adresse geändert',
        second_factor_on: 'hat den eigenen zweiten Faktor eingeschaltet',
        second_factor_off: 'hat den eigenen zweiten Faktor ausgeschaltet',
        recovery_codes: 'hat neue Wiederherstellungscodes erstellt',
        recovery_code_used: 'hat einen Wiederherstellungscode benutzt',
        passkey_added: 'hat einen Passkey hinzugefügt',
        passkey_removed: 'hat einen Passkey entfernt',
      },
    },
    project: {
      created: '{it, select, yes {hat es angelegt} other {hat {project} angelegt}}',
      updated: '{it, select, yes {hat {fields} geändert} other {hat {fields} von {project} geändert}}',
      transitioned:
        '{it, select, yes {hat es von {from} nach {to} verschoben} other {hat {project} von {from} nach {to} verschoben}}{said, select, yes {: „{quote}“} other {}}',
      archived: '{it, select, yes {hat es beendet} other {hat {project} beendet}}',
      user_assigned: '{it, select, yes {hat {user} hinzugefügt} other {hat {user} zu {project} hinzugefügt}}',
      user_unassigned: '{it, select, yes {hat {user} entfernt} other {hat {user} aus {project} entfernt}}',
    },
    task: {
      created: '{it, select, yes {hat sie angelegt} other {hat {task} angelegt}}',
      updated: '{it, select, yes {hat {fields} geändert} other {hat {fields} von {task} geändert}}',
      transitioned:
        '{it, select, yes {hat sie von {from} nach {to} verschoben} other {hat {task} von {from} nach {to} verschoben}}{said, select, yes {: „{quote}“} other {}}',
      assigned: '{it, select, yes {hat {user} zugewiesen} other {hat {task} an {user} zugewiesen}}',
      unassigned:
        '{it, select, yes {hat die Zuweisung an {user} aufgehoben} other {hat die Zuweisung von {task} an {user} aufgehoben}}',
      dependency_added:
        '{it, select, waiting {lässt sie auf {blocker} warten} blocker {lässt {task} auf sie warten} other {lässt {task} auf {blocker} warten}}',
      dependency_removed:
        '{it, select, yes {hat eine Abhängigkeit entfernt} other {hat eine Abhängigkeit von {task} entfernt}}',
      evidence_added: {
        pr_link:
          '{it, select, yes {hat einen Nachweis hinzugefügt: Pull-Request} other {hat bei {task} einen Nachweis hinzugefügt: Pull-Request}}',
        test_results:
          '{it, select, yes {hat einen Nachweis hinzugefügt: Testergebnisse} other {hat bei {task} einen Nachweis hinzugefügt: Testergebnisse}}',
        doc_url:
          '{it, select, yes {hat einen Nachweis hinzugefügt: Dokument} other {hat bei {task} einen Nachweis hinzugefügt: Dokument}}',
      },
      evidence_removed: {
        pr_link:
          '{it, select, yes {hat einen Nachweis entfernt: Pull-Request} other {hat bei {task} einen Nachweis entfernt: Pull-Request}}',
        test_results:
          '{it, select, yes {hat einen Nachweis entfernt: Testergebnisse} other {hat bei {task} einen Nachweis entfernt: Testergebnisse}}',
        doc_url:
          '{it, select, yes {hat einen Nachweis entfernt: Dokument} other {hat bei {task} einen Nachweis entfernt: Dokument}}',
      },
      unblocked:
        '{it, select, yes {hat ihre Blockierung gelöst} other {hat die Blockierung von {task} gelöst}}',
      archived: '{it, select, yes {hat sie archiviert} other {hat {task} archiviert}}',
    },
    another_task: 'eine andere Aufgabe',
    channel: {
      created: 'hat den Kanal {channel} angelegt',
      updated: 'hat den Kanal in {channel} umbenannt',
      loop_paused:
        'hat die Agenten nach {messages, plural, one {# Nachricht} other {# Nachrichten}} in Folge in {channel} angehalten',
      loop_resumed: {
        human: 'lässt die Agenten in {channel} weitermachen: ein Mensch hat geschrieben',
        time: 'lässt die Agenten in {channel} weitermachen: die Pause war vorbei',
        administrator: 'lässt die Agenten in {channel} weitermachen: die Administration wollte es so',
      },
    },
    message: {
      created:
        'hat in {channel} geschrieben{reply, select, yes {, als Antwort} other {}}{mentioned, select, yes {, erwähnt {people}} other {}}',
      removed: 'hat in {channel} geschrieben, inzwischen entfernt',
    },
    command: {
      invoked: 'hat {command} in {channel} ausgeführt',
    },
    sub_agent: {
      created: 'hat den Sub-Agenten {sub_agent} gestartet, Modell {model}',
      completed:
        '{own, select, yes {hat seine Arbeit abgeschlossen} other {hat den Sub-Agenten {sub_agent} abgeschlossen}}{said, select, yes {: „{quote}“} other {}}',
      terminated: 'hat den Sub-Agenten {sub_agent} beendet{said, select, yes {: „{quote}“} other {}}',
      expired: 'hat den Sub-Agenten {sub_agent} beendet: seine Zeit war abgelaufen',
    },
    export: {
      requested: '{backup, select, yes {hat eine Sicherung begonnen} other {hat einen Export angefordert}}',
      ready:
        '{backup, select, yes {hat eine Sicherung fertiggestellt} other {hat einen Export fertiggestellt}}',
      failed:
        '{backup, select, yes {konnte eine Sicherung nicht fertigstellen} other {konnte einen Export nicht fertigstellen}}',
    },
  },
}
