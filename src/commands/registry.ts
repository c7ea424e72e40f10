import { keyRevoke, keyRotate } from './api-keys.ts'
import { channelCreate } from './channel-create.ts'
import type { Command } from './command.ts'
import { loopPause, loopResume } from './loop-brake.ts'
import { messagePost } from './message-post.ts'
import { orgDelete, orgRestore, orgResume, orgSuspend } from './org-lifecycle.ts'
import { orgUpdate } from './org-update.ts'
import {
  projectArchive,
  projectAssign,
  projectCreate,
  projectTransition,
  projectUnassign,
  projectUpdate,
} from './projects.ts'
import { securityRecord } from './security-record.ts'
import {
  dependencyAdd,
  dependencyRemove,
  evidenceAdd,
  evidenceRemove,
  taskArchive,
  taskCreate,
  taskTransition,
  taskUpdate,
} from './tasks.ts'
import { agentCreate, humanInvite } from './user-create.ts'
import { userJoin } from './user-join.ts'
import { userRemove, userUpdate } from './user-update.ts'

/** Every change that an org knows, by name: the one way to change anything. */
export const COMMANDS: ReadonlyMap<string, Command<never, unknown>> = new Map(
  [
    agentCreate,
    channelCreate,
    dependencyAdd,
    dependencyRemove,
    evidenceAdd,
    evidenceRemove,
    humanInvite,
    keyRevoke,
    keyRotate,
    loopPause,
    loopResume,
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
    taskArchive,
    taskCreate,
    taskTransition,
    taskUpdate,
    userJoin,
    userRemove,
    userUpdate,
  ].map((command): [string, Command<never, unknown>] => [command.name, command]),
)
