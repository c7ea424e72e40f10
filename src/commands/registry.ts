import { channelCreate } from './channel-create.ts'
import { channelPauseLoop } from './channel-pause-loop.ts'
import { channelResumeLoop } from './channel-resume-loop.ts'
import type { Command } from './command.ts'
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
import { securityRecord } from './security-record.ts'
import { taskAddDependency } from './task-add-dependency.ts'
import { taskAddEvidence } from './task-add-evidence.ts'
import { taskArchive } from './task-archive.ts'
import { taskCreate } from './task-create.ts'
import { taskRemoveDependency } from './task-remove-dependency.ts'
import { taskRemoveEvidence } from './task-remove-evidence.ts'
import { taskTransition } from './task-transition.ts'
import { taskUpdate } from './task-update.ts'
import { userCreateAgent } from './user-create-agent.ts'
import { userInviteHuman } from './user-invite-human.ts'
import { userJoin } from './user-join.ts'
import { userRemove } from './user-remove.ts'
import { userUpdate } from './user-update.ts'

/** Every change that an org knows, by name: the one way to change anything. */
export const COMMANDS: ReadonlyMap<string, Command<never, unknown>> = new Map(
  [
    channelCreate,
    channelPauseLoop,
    channelResumeLoop,
    keyRevoke,
    keyRotate,
    messagePost,
    orgDelete,
    orgRestore,
    orgResume,
    orgSuspend,
    orgUpdate,
    projectArchive,
    projectAssign,
    projectCreate,
    projectTransition,
    projectUnassign,
    projectUpdate,
    securityRecord,
    taskAddDependency,
    taskAddEvidence,
    taskArchive,
    taskCreate,
    taskRemoveDependency,
    taskRemoveEvidence,
    taskTransition,
    taskUpdate,
    userCreateAgent,
    userInviteHuman,
    userJoin,
    userRemove,
    userUpdate,
  ].map((command): [string, Command<never, unknown>] => [command.name, command]),
)
