import type { EventPayload } from '../contracts/event-payloads.ts'
import type { Channel, Org, Project, SubAgent, User } from '../contracts/resources.ts'
import type { EventType } from '../contracts/vocabulary.ts'
import type { KnownChannel, KnownSubAgent } from './permission-snapshot.ts'

/** What events change of the permissions. */
export interface PermissionWriter {
  setOrg(org: Pick<Org, 'status' | 'settings'>): void
  setMember(
    user: Pick<
      User,
      | 'id'
      | 'type'
      | 'role'
      | 'status'
      | 'username'
      | 'former_usernames'
      | 'display_name'
      | 'commands'
      | 'client'
    >,
  ): void
  removeMember(user_id: string): void
  /** Another account may act as a member from now on. */
  changeAccount(): void
  setAssigned(project_id: string, user_ids: string[]): void
  setChannel(channel: KnownChannel): void
  endKey(id: string, ends_at: string): void
  addSubAgent(sub_agent: KnownSubAgent): void
  endSubAgent(id: string): void
  moveTask(task_id: string, project_ids: string[]): void
}

type Change<T extends EventType> = (to: PermissionWriter, payload: EventPayload<T>) => void

const setOrg = (to: PermissionWriter, { org }: { org: Org }) => to.setOrg(org)
const setUser = (to: PermissionWriter, { user }: { user: User }) => to.setMember(user)
const setProject = (to: PermissionWriter, { project }: { project: Project }) =>
  to.setAssigned(project.id, project.assigned_user_ids)
const setChannel = (to: PermissionWriter, { channel }: { channel: Channel }) => to.setChannel(channel)
const endKeys = (to: PermissionWriter, { ending }: { ending: { id: string; ends_at: string }[] }) => {
  for (const { id, ends_at } of ending) to.endKey(id, ends_at)
}
const endSubAgent = (to: PermissionWriter, { sub_agent }: { sub_agent: SubAgent }) =>
  to.endSubAgent(sub_agent.id)

/** Effect of each event type on the permissions of its org; null for none. A new type must have an entry. */
const CHANGES: { readonly [T in EventType]: Change<T> | null } = {
  'org.created': null,
  'org.updated': setOrg,
  'org.settings_changed': setOrg,
  'org.suspended': setOrg,
  'org.resumed': setOrg,
  'org.deletion_initiated': setOrg,
  'org.restored': setOrg,
  'user.created': setUser,
  'user.updated': setUser,
  'user.role_changed': setUser,
  'user.removed': (to, { user }) => to.removeMember(user.id),
  'api_key.rotated': endKeys,
  'api_key.revoked': endKeys,
  'api_key.rotation_due': null,
  'auth.login_success': null,
  'auth.login_failure': null,
  'auth.api_key_failure': null,
  'auth.session_revoked': null,
  'auth.sign_in_link_created': null,
  'auth.password_changed': (to) => to.changeAccount(),
  'auth.account_changed': null,
  'scim_token.created': null,
  'scim_token.revoked': null,
  'auth.identity_linked': (to) => to.changeAccount(),
  'auth.identity_unlinked': null,
  'project.created': setProject,
  'project.updated': null,
  'project.transitioned': null,
  'project.archived': null,
  'project.user_assigned': setProject,
  'project.user_unassigned': setProject,
  'task.created': null,
  'task.updated': (to, { task }) => to.moveTask(task.id, task.project_ids),
  'task.transitioned': null,
  'task.assigned': null,
  'task.unassigned': null,
  'task.dependency_added': null,
  'task.dependency_removed': null,
  'task.evidence_added': null,
  'task.evidence_removed': null,
  'task.unblocked': null,
  'task.archived': null,
  'channel.created': setChannel,
  'channel.updated': setChannel,
  'channel.loop_paused': null,
  'channel.loop_resumed': null,
  'message.created': null,
  'command.invoked': null,
  'sub_agent.created': (to, { sub_agent: { id, task_id, display_name }, project_ids }) =>
    to.addSubAgent({ id, task_id, display_name, project_ids }),
  'sub_agent.completed': endSubAgent,
  'sub_agent.terminated': endSubAgent,
  'sub_agent.expired': endSubAgent,
  'export.requested': null,
  'export.ready': null,
  'export.failed': null,
}

/** Whether events of a type have an effect on the permissions. */
export const changesPermissions = (type: EventType): boolean => CHANGES[type] !== null

export function applyChange<T extends EventType>(
  to: PermissionWriter,
  type: T,
  payload: EventPayload<T>,
): void {
  const change: Change<T> | null = CHANGES[type]
  change?.(to, payload)
}
