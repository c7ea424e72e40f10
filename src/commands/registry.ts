import { channelCreate } from './channel-create.ts'
import { channelPauseLoop } from './channel-pause-loop.ts'
import { channelResumeLoop } from './channel-resume-loop.ts'
import { channelUpdate } from './channel-update.ts'
import type { Commands } from './command.ts'
import { exportEnd } from './export-end.ts'
import { exportRequest } from './export-request.ts'
import { exportSchedule } from './export-schedule.ts'
import { keyRemind } from './key-remind.ts'
import { keyRevoke } from './key-revoke.ts'
import { keyRotate } from './key-rotate.ts'
import { messagePost } from './message-post.ts'
import { orgDelete } from './org-delete.ts'
import { orgRestore } from './org-restore.ts'
import { orgResume } from './org-resume.ts'
import { orgSuspend } from './org-suspend.ts'
import { orgUpdate } from './org-update.ts'
import { projectArchive } from './project-archive.ts'
import { projectAssign } from './project-assign.ts'
import { projectCreate } from './project-create.ts'
import { projectTransition } from './project-transition.ts'
import { projectUnassign } from './project-unassign.ts'
import { projectUpdate } from './project-update.ts'
import { scimTokenCreate } from './scim-token-create.ts'
import { scimTokenRevoke } from './scim-token-revoke.ts'
import { securityRecord } from './security-record.ts'
import { subAgentComplete } from './sub-agent-complete.ts'
import { subAgentExpire } from './sub-agent-expire.ts'
import { subAgentRenewKey } from './sub-agent-renew-key.ts'
import { subAgentSpawn } from './sub-agent-spawn.ts'
import { subAgentTerminate } from './sub-agent-terminate.ts'
import { taskAddDependency } from './task-add-dependency.ts'
import { taskAddEvidence } from './task-add-evidence.ts'
import { taskArchive } from './task-archive.ts'
import { taskCreate } from './task-create.ts'
import { taskRemoveDependency } from './task-remove-dependency.ts'
import { taskRemoveEvidence } from './task-remove-evidence.ts'
import { taskTransition } from './task-transition.ts'
import { taskUpdate } from './task-update.ts'
import { userAdopt } from './user-adopt.ts'
import { userCreateAgent } from './user-create-agent.ts'
import { userInviteAgain } from './user-invite-again.ts'
import { userInviteByShell } from './user-invite-by-shell.ts'
import { userInviteHuman } from './user-invite-human.ts'
import { userJoin } from './user-join.ts'
import { userLinkSignIn } from './user-link-sign-in.ts'
import { userProvision } from './user-provision.ts'
import { userRemove } from './user-remove.ts'
import { userReprovision } from './user-reprovision.ts'
import { userSetClient } from './user-set-client.ts'
import { userSetCommands } from './user-set-commands.ts'
import { userSetPassword } from './user-set-password.ts'
import { userSetRoles } from './user-set-roles.ts'
import { userTellAccount } from './user-tell-account.ts'
import { userUnsubscribe } from './user-unsubscribe.ts'
import { userUpdate } from './user-update.ts'

/** All commands of an org by name: every change of an existing org that its log records. */
export const COMMANDS: Commands = {
  'channel.create': channelCreate,
  'channel.pause_loop': channelPauseLoop,
  'channel.resume_loop': channelResumeLoop,
  'channel.update': channelUpdate,
  'export.end': exportEnd,
  'export.request': exportRequest,
  'export.schedule': exportSchedule,
  'key.remind': keyRemind,
  'key.revoke': keyRevoke,
  'key.rotate': keyRotate,
  'message.post': messagePost,
  'org.delete': orgDelete,
  'org.restore': orgRestore,
  'org.resume': orgResume,
  'org.suspend': orgSuspend,
  'org.update': orgUpdate,
  'project.archive': projectArchive,
  'project.assign': projectAssign,
  'project.create': projectCreate,
  'project.transition': projectTransition,
  'project.unassign': projectUnassign,
  'project.update': projectUpdate,
  'scim_token.create': scimTokenCreate,
  'scim_token.revoke': scimTokenRevoke,
  'security.record': securityRecord,
  'sub_agent.complete': subAgentComplete,
  'sub_agent.expire': subAgentExpire,
  'sub_agent.renew_key': subAgentRenewKey,
  'sub_agent.spawn': subAgentSpawn,
  'sub_agent.terminate': subAgentTerminate,
  'task.add_dependency': taskAddDependency,
  'task.add_evidence': taskAddEvidence,
  'task.archive': taskArchive,
  'task.create': taskCreate,
  'task.remove_dependency': taskRemoveDependency,
  'task.remove_evidence': taskRemoveEvidence,
  'task.transition': taskTransition,
  'task.update': taskUpdate,
  'user.adopt': userAdopt,
  'user.create_agent': userCreateAgent,
  'user.invite_again': userInviteAgain,
  'user.invite_by_shell': userInviteByShell,
  'user.invite_human': userInviteHuman,
  'user.join': userJoin,
  'user.link_sign_in': userLinkSignIn,
  'user.provision': userProvision,
  'user.reprovision': userReprovision,
  'user.set_roles': userSetRoles,
  'user.remove': userRemove,
  'user.tell_account': userTellAccount,
  'user.unsubscribe': userUnsubscribe,
  'user.set_password': userSetPassword,
  'user.set_client': userSetClient,
  'user.set_commands': userSetCommands,
  'user.update': userUpdate,
}
