import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Closed, Count, Text, Timestamp, Uuid } from './schema.ts'

/** Name of the format in its manifest. */
export const EXPORT_FORMAT = 'mission-control-export'
/** Version of the container; the rows have the version of the database's schema. */
export const EXPORT_FORMAT_VERSION = 1
export const MANIFEST_FILE = 'manifest.json'

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** The last file of an export: what the others hold. */
export const ExportManifest = Closed({
  format: Type.Literal(EXPORT_FORMAT),
  format_version: Type.Literal(EXPORT_FORMAT_VERSION),
  schema_version: Count({ description: 'Number of the last migration of the database.' }),
  server_version: Text(100),
  created_at: Timestamp(),
  org: Closed({ id: Uuid(), slug: Text(LIMITS.org_slug_max), name: Text(LIMITS.org_name_max) }),
  log: Type.String({ pattern: '^[a-z0-9]{4,32}$', description: 'The incarnation of the event log.' }),
  sequence: Count({ description: 'Number of the last event.' }),
  files: Type.Array(Closed({ name: Text(100), rows: Count(), bytes: Count(), sha256: Sha256 })),
})
export type ExportManifest = Static<typeof ExportManifest>
