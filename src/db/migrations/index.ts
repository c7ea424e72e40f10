import tables_down from './0000_tables.down.sql' with { type: 'text' }
import tables_up from './0000_tables.sql' with { type: 'text' }
import rules_down from './0001_rules.down.sql' with { type: 'text' }
import rules_up from './0001_rules.sql' with { type: 'text' }
import lookups_down from './0002_lookups.down.sql' with { type: 'text' }
import lookups_up from './0002_lookups.sql' with { type: 'text' }
import together_down from './0003_together.down.sql' with { type: 'text' }
import together_up from './0003_together.sql' with { type: 'text' }
import background_down from './0004_background.down.sql' with { type: 'text' }
import background_up from './0004_background.sql' with { type: 'text' }
import jobs_down from './0005_jobs.down.sql' with { type: 'text' }
import jobs_up from './0005_jobs.sql' with { type: 'text' }
import sub_agents_down from './0006_sub_agents.down.sql' with { type: 'text' }
import sub_agents_up from './0006_sub_agents.sql' with { type: 'text' }
import notifications_down from './0007_notifications.down.sql' with { type: 'text' }
import notifications_up from './0007_notifications.sql' with { type: 'text' }
import search_down from './0008_search.down.sql' with { type: 'text' }
import search_up from './0008_search.sql' with { type: 'text' }
import exports_down from './0009_exports.down.sql' with { type: 'text' }
import exports_up from './0009_exports.sql' with { type: 'text' }
import emails_down from './0010_emails.down.sql' with { type: 'text' }
import emails_up from './0010_emails.sql' with { type: 'text' }
import backups_down from './0011_backups.down.sql' with { type: 'text' }
import backups_up from './0011_backups.sql' with { type: 'text' }
import retention_down from './0012_retention.down.sql' with { type: 'text' }
import retention_up from './0012_retention.sql' with { type: 'text' }
import key_reminders_down from './0013_key_reminders.down.sql' with { type: 'text' }
import key_reminders_up from './0013_key_reminders.sql' with { type: 'text' }
import identities_down from './0014_identities.down.sql' with { type: 'text' }
import identities_up from './0014_identities.sql' with { type: 'text' }
import account_security_down from './0015_account_security.down.sql' with { type: 'text' }
import account_security_up from './0015_account_security.sql' with { type: 'text' }
import scim_down from './0016_scim.down.sql' with { type: 'text' }
import scim_up from './0016_scim.sql' with { type: 'text' }
import accounts_down from './0017_accounts.down.sql' with { type: 'text' }
import accounts_up from './0017_accounts.sql' with { type: 'text' }
import search_pace_down from './0018_search_pace.down.sql' with { type: 'text' }
import search_pace_up from './0018_search_pace.sql' with { type: 'text' }
import heads_down from './0019_heads.down.sql' with { type: 'text' }
import heads_up from './0019_heads.sql' with { type: 'text' }
import language_down from './0020_language.down.sql' with { type: 'text' }
import language_up from './0020_language.sql' with { type: 'text' }

/** One step of the schema and its way back. Imported as text, so that a single-file program carries them. */
export interface Migration {
  name: string
  up: string
  down: string
  /** Builds on the tables of the queue, which a library makes. */
  needs_queue?: true
}

/** In order; the schema's version is their number. A step that was released is never edited. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0000_tables', up: tables_up, down: tables_down },
  { name: '0001_rules', up: rules_up, down: rules_down },
  { name: '0002_lookups', up: lookups_up, down: lookups_down },
  { name: '0003_together', up: together_up, down: together_down },
  { name: '0004_background', up: background_up, down: background_down },
  { name: '0005_jobs', up: jobs_up, down: jobs_down, needs_queue: true },
  { name: '0006_sub_agents', up: sub_agents_up, down: sub_agents_down },
  { name: '0007_notifications', up: notifications_up, down: notifications_down },
  { name: '0008_search', up: search_up, down: search_down },
  { name: '0009_exports', up: exports_up, down: exports_down },
  { name: '0010_emails', up: emails_up, down: emails_down },
  { name: '0011_backups', up: backups_up, down: backups_down },
  { name: '0012_retention', up: retention_up, down: retention_down },
  { name: '0013_key_reminders', up: key_reminders_up, down: key_reminders_down },
  { name: '0014_identities', up: identities_up, down: identities_down },
  { name: '0015_account_security', up: account_security_up, down: account_security_down },
  { name: '0016_scim', up: scim_up, down: scim_down },
  { name: '0017_accounts', up: accounts_up, down: accounts_down },
  { name: '0018_search_pace', up: search_pace_up, down: search_pace_down },
  { name: '0019_heads', up: heads_up, down: heads_down },
  { name: '0020_language', up: language_up, down: language_down },
]
