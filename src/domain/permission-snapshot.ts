import type { Scope } from '../contracts/principal.ts'
import type { AgentClient, AgentCommand, User } from '../contracts/resources.ts'
import type { OrgSettings } from '../contracts/settings.ts'
import type { ChannelType, OrgStatus, Role, UserStatus, UserType } from '../contracts/vocabulary.ts'

export interface Member {
  user_id: string
  type: UserType
  role: Role
  status: UserStatus
  username: string
  former_usernames?: User['former_usernames']
  display_name: string
  /** Of an agent: the commands that it registered. */
  commands?: AgentCommand[]
  /** Of an agent: its client, with the messages that wake it; null or absent when none has reported itself. */
  client?: AgentClient | null
}

export interface KnownChannel {
  id: string
  name: string
  topic: string | null
  type: ChannelType
  project_id: string | null
}

/** An active sub-agent. */
export interface KnownSubAgent extends Scope {
  id: string
  display_name: string
}

/** Permissions of one org at one sequence, loaded from the database in one snapshot with the head. */
export interface PermissionSnapshot {
  status: OrgStatus
  settings: OrgSettings
  members: Member[]
  project_users: { project_id: string; user_id: string }[]
  channels: KnownChannel[]
  sub_agents: KnownSubAgent[]
  /** Keys that end or ended recently; any other key is judged by its row. */
  ending_keys: { id: string; ends_at: string }[]
}
