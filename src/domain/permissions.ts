import type { EventContent } from '../contracts/event-payloads.ts'
import type { LogEvent } from '../contracts/log-event.ts'
import type { Principal, Scope } from '../contracts/principal.ts'
import type { OrgSettings } from '../contracts/settings.ts'
import type { OrgStatus } from '../contracts/vocabulary.ts'
import { type EventAudience, isSecurityType } from './log-event.ts'
import { NameIndex } from './names.ts'
import { applyChange, changesPermissions, type PermissionWriter } from './permission-changes.ts'
import type { KnownChannel, KnownSubAgent, Member, PermissionSnapshot } from './permission-snapshot.ts'

/** The fields of a principal that the fold needs: name, role and credentials come from the fold itself or do not count. */
type Reader = Pick<Principal, 'kind' | 'id'>

/**
 * The permissions of an org as a fold of its log: loaded once, then updated by each event at its sequence. The owner of
 * an org and every edge keep one, so a check needs no query and a revocation takes effect exactly at its event.
 */
export class Permissions {
  status: OrgStatus
  settings: OrgSettings
  readonly members = new Map<string, Member>()
  /** Grows with every change of a member or of the account that acts as it. */
  members_version = 0
  /** Current and former usernames, each with its member; nobody shares one. */
  readonly #usernames = new Map<string, string>()
  readonly member_names = new NameIndex()
  readonly username_names = new NameIndex()
  readonly channel_names = new NameIndex()
  readonly channels = new Map<string, KnownChannel>()
  /** Every project of the org, archived ones included: each has a channel. */
  readonly project_ids = new Set<string>()
  readonly #project_users = new Map<string, Set<string>>()
  readonly #sub_agents = new Map<string, KnownSubAgent>()
  readonly #ending_keys = new Map<string, number>()

  constructor(snapshot: PermissionSnapshot) {
    this.status = snapshot.status
    this.settings = snapshot.settings
    this.#fill(snapshot)
  }

  /** Starts the fold anew from a later snapshot: whoever holds these permissions holds those of the snapshot. */
  reset(snapshot: PermissionSnapshot): void {
    this.status = snapshot.status
    this.settings = snapshot.settings
    for (const part of [
      ...[this.members, this.#usernames, this.channels, this.project_ids, this.#project_users],
      ...[this.#sub_agents, this.#ending_keys, this.member_names, this.username_names, this.channel_names],
    ])
      part.clear()
    this.#fill(snapshot)
  }

  #fill(snapshot: PermissionSnapshot): void {
    for (const member of snapshot.members) this.#setMember(member)
    for (const channel of snapshot.channels) this.#setChannel(channel)
    for (const { project_id, user_id } of snapshot.project_users) this.#assigned(project_id).add(user_id)
    for (const sub_agent of snapshot.sub_agents) this.#sub_agents.set(sub_agent.id, { ...sub_agent })
    for (const { id, ends_at } of snapshot.ending_keys) this.#ending_keys.set(id, Date.parse(ends_at))
  }

  get readOnly(): boolean {
    return this.status !== 'active'
  }

  /** The member, unless it was removed or deactivated. */
  member(user_id: string): Member | undefined {
    const member = this.members.get(user_id)
    return member && member.status !== 'deactivated' ? member : undefined
  }

  /** The member with this username, or the one who gave it up within the year. */
  idOfUsername(username: string): string | undefined {
    return this.#usernames.get(username)
  }

  /** The active sub-agent with this id. */
  subAgent(id: string): KnownSubAgent | undefined {
    return this.#sub_agents.get(id)
  }

  scope(sub_agent_id: string): Scope | undefined {
    const found = this.#sub_agents.get(sub_agent_id)
    return found && { task_id: found.task_id, project_ids: found.project_ids }
  }

  keyEnded(key_id: string, now_ms: number): boolean {
    const ends_at = this.#ending_keys.get(key_id)
    return ends_at !== undefined && ends_at <= now_ms
  }

  isAssigned(project_id: string, user_id: string): boolean {
    return this.#project_users.get(project_id)?.has(user_id) ?? false
  }

  assignedTo(project_id: string): string[] {
    return [...(this.#project_users.get(project_id) ?? [])]
  }

  projectsOf(user_id: string): string[] {
    const ids: string[] = []
    for (const [project_id, users] of this.#project_users) if (users.has(user_id)) ids.push(project_id)
    return ids
  }

  mayReadChannel({ kind, id }: Reader, channel_id: string): boolean {
    const channel = this.channels.get(channel_id)
    if (!channel || id === null) return false
    if (kind === 'sub_agent') {
      const scope = this.#sub_agents.get(id)
      return channel.project_id !== null && (scope?.project_ids.includes(channel.project_id) ?? false)
    }
    const member = this.member(id)
    if (!member) return false
    if (channel.project_id === null || member.role === 'administrator') return true
    return this.isAssigned(channel.project_id, id)
  }

  readableChannels(principal: Reader): KnownChannel[] {
    return [...this.channels.values()].filter((channel) => this.mayReadChannel(principal, channel.id))
  }

  /** Members who may read a channel. */
  readersOf(channel_id: string): Member[] {
    return [...this.members.values()].filter((m) =>
      this.mayReadChannel({ kind: m.type, id: m.user_id }, channel_id),
    )
  }

  mayReadEvent(principal: Reader, event: EventAudience): boolean {
    const { kind, id } = principal
    if (id === null) return false
    if (kind === 'sub_agent') return this.#subAgentMayRead(id, event)
    const member = this.member(id)
    if (!member) return false
    if (isSecurityType(event.type)) return member.role === 'administrator' || event.subject_ids.includes(id)
    if (event.channel_id !== null) return this.mayReadChannel(principal, event.channel_id)
    return true
  }

  #subAgentMayRead(id: string, event: EventAudience): boolean {
    const scope = this.#sub_agents.get(id)
    if (!scope || isSecurityType(event.type)) return false
    if (event.subject_ids.includes(id)) return true
    if (event.task_id !== null) return event.task_id === scope.task_id
    if (event.channel_id !== null) return this.mayReadChannel({ kind: 'sub_agent', id }, event.channel_id)
    return event.project_ids.some((project_id) => scope.project_ids.includes(project_id))
  }

  /** Whether {@link apply} would change anything. Such an event ends its batch. */
  isTouchedBy(event: Pick<LogEvent, 'type' | 'task_id'>): boolean {
    if (event.type === 'task.updated')
      return [...this.#sub_agents.values()].some(({ task_id }) => task_id === event.task_id)
    return changesPermissions(event.type)
  }

  /** Brings the permissions to this event's sequence. Events must come in order. */
  apply(event: EventContent): void {
    applyChange(this.#writer, event.type, event.payload)
  }

  readonly #writer: PermissionWriter = {
    setOrg: (org) => {
      this.status = org.status
      this.settings = org.settings
    },
    setMember: (user) => this.#setMember({ ...user, user_id: user.id }),
    removeMember: (user_id) => {
      this.#forgetNames(user_id)
      this.members.delete(user_id)
      this.members_version++
      for (const users of this.#project_users.values()) users.delete(user_id)
    },
    changeAccount: () => {
      this.members_version++
    },
    setAssigned: (project_id, user_ids) => {
      this.#project_users.set(project_id, new Set(user_ids))
    },
    setChannel: (channel) => this.#setChannel(channel),
    endKey: (id, ends_at) => {
      this.#ending_keys.set(id, Date.parse(ends_at))
    },
    addSubAgent: (sub_agent) => {
      this.#sub_agents.set(sub_agent.id, sub_agent)
    },
    endSubAgent: (id) => {
      this.#sub_agents.delete(id)
    },
    moveTask: (task_id, project_ids) => {
      for (const sub_agent of this.#sub_agents.values())
        if (sub_agent.task_id === task_id) sub_agent.project_ids = project_ids
    },
  }

  #setChannel(channel: KnownChannel): void {
    this.channels.set(channel.id, channel)
    this.channel_names.set(channel.id, channel.name)
    if (channel.project_id !== null) this.project_ids.add(channel.project_id)
  }

  #setMember(member: Member): void {
    this.#forgetNames(member.user_id)
    this.members_version++
    const {
      user_id,
      type,
      role,
      status,
      username,
      former_usernames = [],
      display_name,
      commands = [],
      client = null,
    } = member
    const names = { username, former_usernames, display_name }
    this.members.set(user_id, { user_id, type, role, status, ...names, commands, client })
    const usernames = [username, ...former_usernames.map((former) => former.username)]
    for (const one of usernames) this.#usernames.set(one, user_id)
    this.username_names.set(user_id, ...usernames)
    this.member_names.set(user_id, display_name)
  }

  #forgetNames(user_id: string): void {
    const member = this.members.get(user_id)
    if (!member) return
    this.#usernames.delete(member.username)
    for (const { username } of member.former_usernames ?? []) this.#usernames.delete(username)
    this.username_names.delete(user_id)
    this.member_names.delete(user_id)
  }

  #assigned(project_id: string): Set<string> {
    let users = this.#project_users.get(project_id)
    if (!users) {
      users = new Set()
      this.#project_users.set(project_id, users)
    }
    return users
  }
}
