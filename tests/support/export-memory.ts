import { createHash } from 'node:crypto'
import { SnapshotDatabase } from '../../src/db/transfer/snapshot.ts'
import { writeExport } from '../../src/exports/write-export.ts'

/* Writes an org to nowhere, and prints how much memory that took beside what the process had at its beginning. */
const { connection, org_id } = JSON.parse(process.argv[2] ?? '{}') as {
  connection: ConstructorParameters<typeof SnapshotDatabase>[0]
  org_id: string
}
const snapshots = new SnapshotDatabase(connection, true)
const before = process.memoryUsage.rss()
let peak = before
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 20)
const hash = createHash('sha256')
let packed = 0
let last = ''
await snapshots.read(org_id, async (snapshot) => {
  for await (const chunk of writeExport(snapshot, { now: new Date() })) {
    hash.update(chunk)
    packed += chunk.length
    last = `${snapshot.sequence}`
  }
})
clearInterval(watch)
await snapshots.close()
const mib = (bytes: number) => Math.round(bytes / 2 ** 20)
console.log(
  JSON.stringify({ grew_mib: mib(peak - before), peak_mib: mib(peak), packed_mib: mib(packed), head: last }),
)
