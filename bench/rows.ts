import type { Rows } from './row.ts'
import { bridge } from './rows/bridge.ts'
import { returning } from './rows/come-back.ts'
import { connecting } from './rows/connect.ts'
import { connections } from './rows/connections.ts'
import { create } from './rows/create.ts'
import { idle } from './rows/idle-orgs.ts'
import { wrongKeys } from './rows/invalid-keys.ts'
import { laneMemory } from './rows/lane-memory.ts'
import { latency } from './rows/latency.ts'
import { lists } from './rows/lists.ts'
import { neighbours } from './rows/neighbour.ts'
import { pageMemory } from './rows/page-memory.ts'
import { reads } from './rows/reads.ts'
import { scrolling } from './rows/scroll.ts'
import { searching } from './rows/search.ts'
import { sse } from './rows/sse.ts'
import { start } from './rows/start.ts'
import { stored } from './rows/stored.ts'
import { transition } from './rows/transition.ts'
import { webSocket } from './rows/websocket.ts'

/** Every row that `bun run bench` measures, in this order. A new subject is a file in `rows/` and a line here. */
export const ROWS: Rows = {
  ...webSocket,
  ...sse,
  ...stored,
  ...laneMemory,
  ...latency,
  ...reads,
  ...create,
  ...transition,
  ...lists,
  ...wrongKeys,
  ...neighbours,
  ...searching,
  ...connections,
  ...idle,
  ...connecting,
  ...returning,
  ...scrolling,
  ...pageMemory,
  ...bridge,
  ...start,
}
