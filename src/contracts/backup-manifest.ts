import { type Static, Type } from '@sinclair/typebox'
import { Closed, Count, Text, Timestamp } from './schema.ts'

/** Name of the format in its first file. */
export const BACKUP_FORMAT = 'mission-control-backup'
/** Version of the container; the rows have the version of the database's schema. */
export const BACKUP_FORMAT_VERSION = 1
/** First file of a backup: what a restore must know before the rows. */
export const HEADER_FILE = 'backup.json'
/** Last file of a backup: what the others hold. A backup without it was not finished. */
export const SUMS_FILE = 'sums.json'

const Name = Type.String({ pattern: '^[a-z_][a-z0-9_]*$', maxLength: 63 })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** A secret of the server, which the rows are of little use without. */
const BackupSecret = Closed({
  name: Type.Union([Type.Literal('MC_JWT_SECRET'), Type.Literal('MC_KEY_PEPPER')]),
  place: Type.Union([Type.Literal('settings'), Type.Literal('data folder')]),
  in_backup: Type.Boolean(),
  fingerprint: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'Tells two secrets apart.' }),
})
export type BackupSecret = Static<typeof BackupSecret>

export const BackupHeader = Closed({
  format: Type.Literal(BACKUP_FORMAT),
  format_version: Type.Literal(BACKUP_FORMAT_VERSION),
  server_version: Text(100),
  postgres_version: Text(100),
  schema_version: Type.Integer({ minimum: 1 }),
  schema_name: Text(100),
  created_at: Timestamp(),
  months: Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), { maxItems: 600 }),
  tables: Type.Array(Closed({ name: Name, columns: Type.Array(Name, { minItems: 1 }) }), { minItems: 1 }),
  secrets: Type.Array(BackupSecret),
})
export type BackupHeader = Static<typeof BackupHeader>

export const BackupSums = Closed({
  tables: Type.Array(Closed({ name: Name, rows: Count(), bytes: Count(), sha256: Sha256 })),
  files: Type.Array(Closed({ name: Text(500), bytes: Count(), sha256: Sha256 })),
  missing_files: Type.Array(Text(500), {
    description: 'Files of the archive that were not in their folder.',
  }),
})
export type BackupSums = Static<typeof BackupSums>
