import { keyRevoke, keyRotate } from './api-keys.ts'
import { channelCreate } from './channel-create.ts'
import type { Command } from './command.ts'
import { loopPause, loopResume } from './loop-brake.ts'
import { messagePost } from './message-post.ts'
import { orgUpdate } from './org-update.ts'
import { securityRecord } from './security-record.ts'
import { agentCreate, humanInvite } from './user-create.ts'
import { userJoin } from './user-join.ts'
import { userRemove, userUpdate } from './user-update.ts'

/** Every change that an org knows, by name: the one way to change anything. */
export const COMMANDS: ReadonlyMap<string, Command<never, unknown>> = new Map(
  [
    agentCreate,
    channelCreate,
    humanInvite,
    keyRevoke,
    keyRotate,
    loopPause,
    loopResume,
    messagePost,
    orgUpdate,
    securityRecord,
    userJoin,
    userRemove,
    userUpdate,
  ].map((command): [string, Command<never, unknown>] => [command.name, command]),
)
