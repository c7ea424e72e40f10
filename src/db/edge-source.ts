import type { LogEvent, UserNotification } from '../contracts/log-event.ts'
import type { LogHead } from '../contracts/relay.ts'
import type { Subscriptions } from '../contracts/requests.ts'
import type { Message } from '../contracts/resources.ts'
import type { Database, OrgRef } from './client.ts'
import { CoalescedReads } from './coalesced.ts'
import { type MarkerAt, readMarkers } from './queries/channels.ts'
import { eventsBetween, notificationsOfEvents } from './queries/events.ts'
import { messagesBetween, toMessage } from './queries/messages.ts'
import { type OrgState, readOrgState } from './queries/permissions.ts'
import { subscriptionsOf } from './queries/subscriptions.ts'
import { org_heads } from './schema/orgs.ts'
import { build, inOrg, type Params, statement } from './statement.ts'

const headOf = statement((p: Params<{ org: OrgRef }>) =>
  build
    .select({ log: org_heads.log, sequence: org_heads.sequence })
    .from(org_heads)
    .where(inOrg(org_heads.org_id, p.org)),
)

const EVERYTHING: Subscriptions = { mode: 'all', topics: [] }

/** Reads for edges, each one statement; point reads of many users coalesce. Ranges exclude `after`, include `until`. */
export class DatabaseEdgeSource {
  readonly #database: Database
  /** By org, for as long as a read of it is under way. */
  readonly #subscriptions = new Map<string, CoalescedReads<Subscriptions>>()
  /** By org and range. */
  readonly #notifications = new Map<string, CoalescedReads<UserNotification[]>>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Permissions, head, every channel's last seq and what agents work on, in one snapshot. */
  async load(org_id: string): Promise<(Omit<OrgState, 'head'> & { log: string; head: number }) | undefined> {
    const found = await readOrgState(this.#database, org_id)
    if (!found) return undefined
    const { head, ...state } = found
    return { ...state, log: head.log, head: head.sequence }
  }

  async events(org_id: string, after: number, until: number, limit: number): Promise<LogEvent[]> {
    return await eventsBetween(this.#database, org_id, after, until, limit)
  }

  async notifications(
    org_id: string,
    user_ids: readonly string[],
    after: number,
    until: number,
  ): Promise<UserNotification[]> {
    const read = (users: readonly string[]) =>
      notificationsOfEvents(this.#database, org_id, users, after, until)
    const [user_id] = user_ids
    if (user_id === undefined) return []
    if (user_ids.length > 1) return await read(user_ids)
    const byUser = async (users: readonly string[]) => Map.groupBy(await read(users), (n) => n.user_id)
    return await coalesced(this.#notifications, `${org_id} ${after} ${until}`, user_id, byUser, [])
  }

  async messages(
    org_id: string,
    channel_id: string,
    after: number,
    until: number,
    limit: number,
  ): Promise<Message[]> {
    const rows = await this.#database.readOne(org_id, (sql, org) =>
      messagesBetween(sql, org, channel_id, after, until, limit),
    )
    return rows.map(toMessage)
  }

  async readMarkers(
    org_id: string,
    user_id: string,
    positions: readonly { id: string; last_seq: number }[],
  ): Promise<MarkerAt[]> {
    return await readMarkers(this.#database, org_id, user_id, positions)
  }

  async subscriptions(org_id: string, user_id: string): Promise<Subscriptions> {
    const read = (users: readonly string[]) => subscriptionsOf(this.#database, org_id, users)
    return await coalesced(this.#subscriptions, org_id, user_id, read, EVERYTHING)
  }

  /** Undefined when the org is gone. */
  async head(org_id: string): Promise<LogHead | undefined> {
    const [row] = await this.#database.readOne(org_id, (sql, org) => headOf(sql, { org }))
    return row
  }

  /** Heads of many orgs, by a function that bypasses row-level security; an org that is gone is left out. */
  async heads(org_ids: readonly string[]): Promise<ReadonlyMap<string, LogHead>> {
    const rows = await this.#database.query(
      (sql) => sql<(LogHead & { org_id: string })[]>`
        select org_id, log, sequence from heads_of(${[...org_ids]}::uuid[])`,
    )
    return new Map(rows.map(({ org_id, log, sequence }) => [org_id, { log, sequence }]))
  }
}

/** One user's read, coalesced with other users' reads of the same `group`. */
function coalesced<Value>(
  groups: Map<string, CoalescedReads<Value>>,
  group: string,
  user_id: string,
  read: (user_ids: string[]) => Promise<ReadonlyMap<string, Value>>,
  missing: Value,
): Promise<Value> {
  let reads = groups.get(group)
  if (!reads) {
    reads = new CoalescedReads(read, missing, () => groups.delete(group))
    groups.set(group, reads)
  }
  return reads.get(user_id)
}
