import type { en } from '../en/index.ts'
import type { Translation } from '../index.ts'
import { account } from './account.ts'
import { agents } from './agents.ts'
import { chat } from './chat.ts'
import { common } from './common.ts'
import { events } from './events.ts'
import { gate } from './gate.ts'
import { members } from './members.ts'
import { notifications } from './notifications.ts'
import { projects } from './projects.ts'
import { search } from './search.ts'
import { settings } from './settings.ts'
import { shell } from './shell.ts'
import { tasks } from './tasks.ts'

export const de: Translation<typeof en> = {
  common,
  account,
  gate,
  shell,
  chat,
  tasks,
  projects,
  members,
  agents,
  events,
  notifications,
  search,
  settings,
}
