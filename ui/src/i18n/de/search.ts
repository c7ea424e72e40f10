import type { search as en } from '../en/search.ts'
import type { Translation } from '../index.ts'

export const search: Translation<typeof en> = {
  placeholder: 'Projekte, Aufgaben, Nachrichten suchen',
  types: {
    projects: 'Projekte',
    tasks: 'Aufgaben',
    messages: 'Nachrichten',
  },
  filters: 'Filter',
  any_type: 'Alle',
  project: 'Projekt',
  project_of_link: 'Projekt des Links',
  date: 'Datum',
  any_date: 'Jedes Datum',
  archived: 'Auch Archivierte',
  clear: 'Zurücksetzen',
  days: 'Tage der Suche',
  results: '{count, plural, one {# Ergebnis} other {# Ergebnisse}}',
  results_counted: '{count, plural, other {#+ Ergebnisse}}',
  failed: 'Die Suche wurde nicht beantwortet.',
  begin: 'Alles Lesbare durchsuchen',
  help: 'Projekte, Aufgaben und Nachrichten nach ihren Wörtern. {quoted} für eine Wortfolge, {minus} zum Ausschließen, {or} für eines von beiden.',
  example: {
    quoted: '"In Anführungszeichen"',
    minus: '-Wort',
    or: 'or',
  },
  did_you_mean: 'Gemeint: {text}?',
  none: 'Kein lesbares Projekt, keine Aufgabe und keine Nachricht enthält diese Wörter.',
  unfiltered: 'Ohne Filter suchen',
  all: {
    projects: 'Alle {count} Projekte',
    tasks: 'Alle {count} Aufgaben',
    messages: 'Alle {count} Nachrichten',
  },
  reading: 'Liest…',
}
