import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Channel, Project, User } from '../../../src/contracts/resources.ts'
import type { AgentServer } from '../server/port.ts'

/** What changed for the agent itself, besides names. */
export type DirectoryChange =
  | { type: 'assigned'; project_id: string }
  | { type: 'unassigned'; project_id: string }
  | { type: 'channel'; channel_id: string }

export type KnownChannel = Pick<Channel, 'id' | 'name' | 'topic' | 'type' | 'project_id'>

type Lists = Pick<AgentServer, 'me' | 'users' | 'channels' | 'projects'>

/** Who and what the agent knows in its org: read once, then kept fresh by events. */
export class Directory {
  readonly #server: Lists
  #me: User | undefined
  #users = new Map<string, User>()
  #channels = new Map<string, KnownChannel>()
  #projects = new Map<string, Project>()
  #last_seqs: ReadonlyMap<string, number> = new Map()

  constructor(server: Lists) {
    this.#server = server
  }

  /** Throws before the first {@link refresh}. */
  get me(): User {
    if (!this.#me) throw new Error('The directory was not read yet.')
    return this.#me
  }

  /** Reads everything anew. Rejects as the calls of the server do, and then changes nothing. */
  async refresh(): Promise<void> {
    const me = await this.#server.me()
    const [users, channels, projects] = await Promise.all([
      this.#server.users(),
      this.#server.channels(),
      this.#server.projects(),
    ])
    this.#me = me
    this.#users = byId(users)
    this.#channels = byId<KnownChannel>(channels)
    this.#projects = byId(projects)
    this.#last_seqs = new Map(channels.map(({ id, last_seq }) => [id, last_seq]))
  }

  /** The last message of each channel at the last {@link refresh}. */
  get lastSeqs(): ReadonlyMap<string, number> {
    return this.#last_seqs
  }

  user(id: string): User | undefined {
    return this.#users.get(id)
  }

  channel(id: string): KnownChannel | undefined {
    return this.#channels.get(id)
  }

  /** The channel of a project, when the agent reads it. */
  channelOfProject(project_id: string): KnownChannel | undefined {
    const channel_id = this.#projects.get(project_id)?.channel_id
    return channel_id === undefined ? undefined : this.#channels.get(channel_id)
  }

  project(id: string): Project | undefined {
    return this.#projects.get(id)
  }

  knowsAll(project_ids: readonly string[]): boolean {
    return project_ids.every((id) => this.#projects.has(id))
  }

  /** Name of the project that has this channel: agents know projects whose channel they do not read. */
  projectName(channel_id: string): string | undefined {
    return [...this.#projects.values()].find((project) => project.channel_id === channel_id)?.name
  }

  get channels(): KnownChannel[] {
    return [...this.#channels.values()]
  }

  /** Projects that the agent is assigned to. */
  get assigned(): Project[] {
    return [...this.#projects.values()].filter(({ id }) => this.isAssigned(id))
  }

  isAssigned(project_id: string): boolean {
    return this.#projects.get(project_id)?.assigned_user_ids.includes(this.me.id) ?? false
  }

  /** The channel in which the agent says what concerns everybody: `general`, or the first one of the org. */
  get orgWide(): KnownChannel | undefined {
    const open = this.channels.filter(({ type }) => type === 'org_wide')
    return open.find(({ name }) => name === 'general') ?? open[0]
  }

  /** Takes over what an event tells. */
  apply(event: EventEnvelope): DirectoryChange[] {
    switch (event.type) {
      case 'user.created':
      case 'user.updated':
      case 'user.role_changed':
        this.#setUser(event.payload.user)
        return []
      case 'user.removed':
        this.#users.delete(event.payload.user.id)
        return []
      case 'channel.created':
      case 'channel.updated':
        return this.#setChannel(event.payload.channel)
      case 'project.created':
      case 'project.updated':
      case 'project.transitioned':
      case 'project.user_assigned':
      case 'project.user_unassigned':
        return this.#setProject(event.payload.project)
      case 'project.archived':
        return this.#dropProject(event.payload.project)
      default:
        return []
    }
  }

  #setUser(user: User): void {
    this.#users.set(user.id, user)
    if (user.id === this.me.id) this.#me = user
  }

  #setChannel(channel: KnownChannel): DirectoryChange[] {
    const known = this.#channels.has(channel.id)
    this.#channels.set(channel.id, channel)
    return known ? [] : [{ type: 'channel', channel_id: channel.id }]
  }

  #setProject(project: Project): DirectoryChange[] {
    const before = this.isAssigned(project.id)
    this.#projects.set(project.id, project)
    const now = this.isAssigned(project.id)
    if (before === now) return []
    const { channel_id: id, name } = project
    if (now && !this.#channels.has(id))
      this.#channels.set(id, { id, name, topic: null, type: 'project', project_id: project.id })
    if (!now && this.me.role !== 'administrator') this.#channels.delete(id)
    return [{ type: now ? 'assigned' : 'unassigned', project_id: project.id }]
  }

  #dropProject({ id }: Project): DirectoryChange[] {
    const was = this.isAssigned(id)
    this.#projects.delete(id)
    return was ? [{ type: 'unassigned', project_id: id }] : []
  }
}

function byId<T extends { id: string }>(list: T[]): Map<string, T> {
  return new Map(list.map((one) => [one.id, one]))
}
