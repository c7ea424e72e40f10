/**
 * The PostgreSQL that test servers share: initializes one cluster, keeps a stopped copy as a template, serves another copy,
 * and prints one line of JSON ({@link ClusterInfo}). Ends, and removes its folder, when its standard input ends: so it
 * never outlives the process that started it, even after a kill.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../../src/db/embedded/database.ts'
import { startEmbedded } from '../../src/db/embedded/launcher.ts'
import { type ClusterInfo, copyCluster } from './cluster.ts'
import { plain } from './plain.ts'

const PARTITIONS_AHEAD = 3

const folder = mkdtempSync(join(tmpdir(), 'mc-cluster-'))
// PostgreSQL runs as another user when the tests run as root.
chmodSync(folder, 0o755)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const template_dir = join(folder, 'template')
mkdirSync(template_dir)
await makeTemplate(template_dir)

const shared_dir = join(folder, 'shared')
mkdirSync(shared_dir)
await copyCluster(template_dir, shared_dir)
// No test kills this cluster, so fsync is off.
const server = await startEmbedded({ data_dir: shared_dir, durable: false })
const { app } = JSON.parse(readFileSync(join(shared_dir, 'postgres', 'role-passwords.json'), 'utf8')) as {
  app: string
}
const info: ClusterInfo = {
  host: server.host,
  port: server.port,
  superuser: server.superuser,
  superuser_password: server.password,
  app_password: app,
  template_dir,
}
console.log(JSON.stringify(info))

process.once('SIGTERM', () => void end())
for await (const _ of Bun.stdin.stream()) {
  // Input is ignored; its end is the signal.
}
await end()

async function end(): Promise<void> {
  await server.stop()
  process.exit()
}

/** A migrated database with partitions, stopped. The first start decides that initdb does not wait for the disk. */
async function makeTemplate(data_dir: string): Promise<void> {
  await (await startEmbedded({ data_dir, durable: false })).stop()
  const opened = await openEmbedded(data_dir, () => undefined)
  const sql = plain(opened.app)
  await sql`select * from ensure_partitions(${PARTITIONS_AHEAD})`
  await sql.end()
  await opened.stop()
}
