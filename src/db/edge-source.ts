import type { Subscriptions } from '../contracts/requests.ts'
import type { Channel, Message, Notification } from '../contracts/resources.ts'
import type { LogEvent } from '../domain/log-event.ts'
import type { PermissionSnapshot } from '../domain/permissions.ts'
import type { Database } from './client.ts'
import { channelsById } from './queries/channels.ts'
import { eventsAfter, notificationsOfEvents, oldestSequence } from './queries/events.ts'
import { messagesAfter, toMessage } from './queries/messages.ts'
import { readPermissions } from './queries/permissions.ts'
import { readSubscriptions } from './queries/subscriptions.ts'

/** What edges read from the database when the owner's memory does not reach back far enough. */
export class DatabaseEdgeSource {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Permissions, head and every channel's last seq, in one snapshot. */
  async load(org_id: string): Promise<
    | {
        log: string
        head: number
        permissions: PermissionSnapshot
        channels: { id: string; last_seq: number }[]
      }
    | undefined
  > {
    return await this.#database.readOrg(org_id, async (tx) => {
      const found = await readPermissions(tx, org_id)
      if (!found) return undefined
      const channels = await tx.sql<{ id: string; last_seq: number }[]>`
        select id, last_seq from channels where org_id = ${org_id}`
      return {
        log: found.head.log,
        head: found.head.sequence,
        permissions: found.permissions,
        channels: [...channels],
      }
    })
  }

  async events(org_id: string, after: number, until: number, limit: number): Promise<LogEvent[]> {
    return await this.#database.readOrg(org_id, (tx) => eventsAfter(tx, org_id, after, until, limit))
  }

  async notifications(
    org_id: string,
    user_id: string,
    after: number,
    until: number,
  ): Promise<Notification[]> {
    return await this.#database.readOrg(org_id, (tx) =>
      notificationsOfEvents(tx, org_id, user_id, after, until),
    )
  }

  async messages(org_id: string, channel_id: string, after: number, limit: number): Promise<Message[]> {
    const rows = await this.#database.readOne(org_id, (sql, org) =>
      messagesAfter(sql, org, channel_id, after, limit),
    )
    return rows.map(toMessage)
  }

  async channels(org_id: string, user_id: string, ids: readonly string[]): Promise<Channel[]> {
    return await this.#database.readOne(org_id, (sql, org) => channelsById(sql, org, user_id, ids))
  }

  async subscriptions(org_id: string, user_id: string): Promise<Subscriptions> {
    return await readSubscriptions(this.#database, org_id, user_id)
  }

  async oldestSequence(org_id: string): Promise<number> {
    return await this.#database.readOrg(org_id, (tx) => oldestSequence(tx, org_id))
  }

  async head(org_id: string): Promise<number> {
    return await this.#database.readOrg(org_id, async ({ sql }) => {
      const [row] = await sql<{ sequence: number }[]>`select sequence from org_heads where org_id = ${org_id}`
      return row?.sequence ?? 0
    })
  }
}
