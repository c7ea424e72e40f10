/** Migrates the database in its argument and prints how many steps it applied. */
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { migrateUp } from '../../src/db/migrate.ts'
import { plain } from './plain.ts'

const sql = plain(JSON.parse(process.argv[2] ?? '{}') as ConnectionOptions)
console.log((await migrateUp(sql)).length)
await sql.end()
