import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionOptions } from '../../src/db/connection.ts'

/** A Unix socket in front of PostgreSQL that can lose the answer to a write which PostgreSQL has committed. */
export interface LossyPostgres {
  /** Where a server finds PostgreSQL through it. */
  url: string
  /** Loses the answer to the next write; the connection is cut once PostgreSQL is ready for the next query. */
  loseNext(): void
  /** Answers lost so far. */
  readonly lost: number
  stop(): void
}

/**
 * Statements that write by themselves; writes of last use are excluded, because they come at any moment and belong to
 * no request.
 */
const WRITE = /^\s*(?:with\b[\s\S]*\b)?(?:insert into|update|delete from)\b|\b(?:lane_write|retry_job)/i
/** The check of the catalogue names rights such as UPDATE and writes nothing. */
const CATALOGUE = /\bpg_(?:roles|class|policies)\b/
const NOTE = /\b"?(?:last_active_at|last_used_at)"? = /
/** ReadyForQuery ends every answer. */
const READY_TYPE = 'Z'

export async function lossyPostgres({
  host,
  port,
  user,
  password,
  database,
}: ConnectionOptions): Promise<LossyPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-lossy-'))
  const open = new Set<Socket>()
  let armed = false
  let lost = 0
  const server = createServer((client) => {
    const upstream = connect(join(host, `.s.PGSQL.${port}`))
    let losing = false
    const end = () => {
      client.destroy()
      upstream.destroy()
      open.delete(client)
    }
    const frontend = new Frontend(() => {
      if (!armed) return
      armed = false
      losing = true
    })
    client.on('data', (bytes: Buffer) => {
      frontend.read(bytes)
      upstream.write(bytes)
    })
    const backend = new Backend(() => frontend.answered())
    upstream.on('data', (bytes: Buffer) => {
      backend.read(bytes)
      if (!losing) return void client.write(bytes)
      // An answer to an earlier statement may still come first.
      if (frontend.unanswered > 0) return
      lost++
      end()
    })
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    open.add(client)
  })
  await new Promise<void>((resolve) => server.listen(join(folder, '.s.PGSQL.5432'), resolve))
  return {
    url: `postgres://${user}:${encodeURIComponent(password)}@localhost:5432/${database}?host=${encodeURIComponent(folder)}`,
    loseNext() {
      armed = true
    },
    get lost() {
      return lost
    },
    stop() {
      for (const socket of open) socket.destroy()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Parses the client's messages (PostgreSQL, chapter “Message Formats”) and detects a write that is about to commit. */
class Frontend {
  readonly #commits: () => void
  readonly #statements = new Map<string, string>()
  #bytes: Buffer = Buffer.alloc(0)
  #started = false
  #in_transaction = false
  #wrote = false
  /** A write outside of a transaction was bound; its Sync commits it. */
  #commits_at_sync = false
  /** Start-up, scripts and Syncs without a ReadyForQuery so far. */
  unanswered = 0

  constructor(commits: () => void) {
    this.#commits = commits
  }

  read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    // The start-up message has no type.
    for (;;) {
      const type_bytes = this.#started ? 1 : 0
      if (this.#bytes.length < type_bytes + 4) return
      const length = type_bytes + this.#bytes.readUInt32BE(type_bytes)
      if (this.#bytes.length < length) return
      if (this.#started)
        this.#message(String.fromCharCode(this.#bytes[0] ?? 0), this.#bytes.subarray(5, length))
      else this.unanswered++
      this.#started = true
      this.#bytes = this.#bytes.subarray(length)
    }
  }

  answered(): void {
    this.unanswered--
  }

  #message(type: string, body: Buffer): void {
    const texts = body.toString('latin1').split('\0')
    if (type === 'P') this.#statements.set(texts[0] ?? '', texts[1] ?? '')
    if (type === 'B') this.#runs(this.#statements.get(texts[1] ?? '') ?? '')
    if (type === 'Q' || type === 'S') this.unanswered++
    if (type === 'Q') this.#script(texts[0] ?? '')
    if (type === 'S' && this.#commits_at_sync) {
      this.#commits_at_sync = false
      this.#commits()
    }
  }

  #runs(text: string): void {
    if (!WRITE.test(text) || NOTE.test(text) || CATALOGUE.test(text)) return
    if (this.#in_transaction) this.#wrote = true
    else this.#commits_at_sync = true
  }

  #script(text: string): void {
    if (text.startsWith('begin')) {
      this.#in_transaction = true
      this.#wrote = false
    } else if (text === 'commit' || text === 'rollback') {
      if (text === 'commit' && this.#wrote) this.#commits()
      this.#in_transaction = false
    }
  }
}

/** Reads what the server answers and tells of every ReadyForQuery. */
class Backend {
  readonly #ready: () => void
  #bytes: Buffer = Buffer.alloc(0)

  constructor(ready: () => void) {
    this.#ready = ready
  }

  read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (this.#bytes.length >= 5) {
      const length = 1 + this.#bytes.readUInt32BE(1)
      if (this.#bytes.length < length) return
      if (String.fromCharCode(this.#bytes[0] ?? 0) === READY_TYPE) this.#ready()
      this.#bytes = this.#bytes.subarray(length)
    }
  }
}
