/** A room of the house: where its files lie, and what they may import besides files of the same room. */
export interface Room {
  name: string
  /** Path of a file, or of a folder with a slash at the end. The first room that fits a file is its room. */
  at: readonly string[]
  imports: readonly string[] | 'anything'
  /** Globals of a runtime that this room's code must not touch, because it also runs elsewhere or must be pure. */
  without?: readonly Global[]
  /** npm packages it may import; a room without this may import any that has no other home. */
  libraries?: readonly RegExp[]
}

/** `node` is every `node:` module, `sql` every SQL template; `clock` and `chance` are what makes two runs differ. */
export type Global = 'Bun' | 'node' | 'process' | 'clock' | 'chance' | 'network' | 'timers' | 'sql'

const BELOW_HTTP = [
  'contracts',
  'text',
  'domain',
  'commands',
  'actors',
  'auth',
  'db',
  'cluster',
  'edge',
  'files',
  'exports',
]

/**
 * The arrows, innermost room first:
 * contracts ← domain ← {commands, auth, db, cluster, actors, edge} ← http, workers ← main.
 * What is not listed may not be imported; type-only imports count like all others.
 */
export const ROOMS: readonly Room[] = [
  // Runs in the browser and in the bridge as well.
  {
    name: 'contracts',
    at: ['src/contracts/'],
    imports: [],
    libraries: [/^@sinclair\/typebox(\/|$)/],
    without: ['Bun', 'node', 'process', 'network', 'timers'],
  },
  // The grammar of messages, for the server and for the app: Markdown, mentions.
  {
    name: 'text',
    at: ['src/text/'],
    imports: ['contracts'],
    libraries: [/^markdown-it$/],
    without: ['Bun', 'node', 'process', 'network', 'timers', 'clock', 'chance'],
  },
  // Pure: the same input gives the same answer.
  {
    name: 'domain',
    at: ['src/domain/'],
    imports: ['contracts', 'text'],
    // Tables of Unicode: transliterations and confusable characters.
    libraries: [/^any-ascii$/, /^croner$/, /^unhomoglyph\/data\.json$/],
    without: ['Bun', 'node', 'process', 'network', 'timers', 'clock', 'chance'],
  },
  // The one place of the actors' runtime that asks for the time.
  {
    name: 'system clock',
    at: ['src/actors/runtime/clock.ts'],
    imports: [],
    libraries: [],
    without: ['Bun', 'node', 'process', 'network'],
  },
  // Web-standard only: its tests also run under Deno. Time comes in as a clock.
  {
    name: 'actors',
    at: ['src/actors/'],
    imports: ['contracts', 'domain', 'system clock'],
    libraries: [],
    without: ['Bun', 'node', 'process', 'network', 'timers', 'clock'],
  },
  // They decide with domain; what they read and write is a function of db.
  {
    name: 'commands',
    at: ['src/commands/'],
    imports: ['contracts', 'text', 'domain', 'db'],
    without: ['timers', 'sql'],
  },
  { name: 'auth', at: ['src/auth/'], imports: ['contracts', 'domain'] },
  { name: 'db', at: ['src/db/'], imports: ['contracts', 'domain'] },
  // Storage of files: a folder or a bucket.
  { name: 'files', at: ['src/files/'], imports: ['contracts'] },
  // The file of an export: written, judged, read.
  { name: 'exports', at: ['src/exports/'], imports: ['contracts', 'domain', 'db'], without: ['sql'] },
  { name: 'cluster', at: ['src/cluster/'], imports: ['contracts', 'domain'] },
  // The open connections of this node. There is no HTTP in it: sockets and streams come in as ports.
  { name: 'edge', at: ['src/edge/'], imports: ['contracts', 'domain'], libraries: [] },
  { name: 'http', at: ['src/http/'], imports: [...BELOW_HTTP, 'workers'] },
  // Rows that orgs no longer keep, as files.
  { name: 'archive', at: ['src/archive/'], imports: ['contracts', 'db', 'files'], libraries: [] },
  { name: 'workers', at: ['src/workers/'], imports: [...BELOW_HTTP, 'archive', 'system clock'] },
  { name: 'config', at: ['src/config.ts', 'src/config/'], imports: [], libraries: [/^ipaddr\.js$/] },
  { name: 'log', at: ['src/log.ts', 'src/log/'], imports: [], libraries: [/^pino$/] },
  // Nothing imports it, tests start it as a process.
  {
    name: 'main',
    at: ['src/main.ts', 'src/cli/'],
    imports: [...BELOW_HTTP, 'archive', 'http', 'workers', 'config', 'log', 'composition', 'demo'],
  },
  // What main is made of: the files beside it that join the rooms.
  {
    name: 'composition',
    at: ['src/serve/'],
    imports: [...BELOW_HTTP, 'archive', 'http', 'workers', 'config', 'log', 'system clock'],
  },
  // Fills an org by the program's own means and lets agents talk in it by the public API.
  {
    name: 'demo',
    at: ['src/demo/'],
    imports: [...BELOW_HTTP, 'http', 'config', 'composition', 'bridge'],
  },
  {
    name: 'ui tools',
    at: ['ui/vite.config.ts', 'ui/capacitor.config.ts', 'ui/scripts/', 'ui/tests/'],
    imports: ['ui', 'contracts', 'text', 'tests'],
  },
  { name: 'ui', at: ['ui/src/'], imports: ['contracts', 'text'], without: ['Bun', 'node', 'process'] },
  { name: 'bridge tests', at: ['bridge/tests/'], imports: ['bridge', 'contracts', 'tests'] },
  { name: 'bridge', at: ['bridge/'], imports: ['contracts'] },
  // What every proof needs and none is about: a database to throw away, a table of criteria.
  { name: 'poc tools', at: ['poc/lib/'], imports: [] },
  { name: 'poc', at: ['poc/'], imports: ['poc tools'] },
  // These look at the program from outside and may open any room, but main.
  { name: 'tests', at: ['tests/'], imports: 'anything' },
  { name: 'bench', at: ['bench/'], imports: 'anything' },
  { name: 'scripts', at: ['scripts/'], imports: 'anything' },
]

/** Files directly in `src/` that are no room of their own join rooms. */
export const COMPOSITION = /^src\/[^/]+\.ts$/

/** Rooms that nobody outside may import, whatever the table allows. */
export const SEALED: readonly string[] = ['main', 'poc', 'poc tools']

/** One library, one home: everywhere else it is hidden behind what its home exports. */
export const HOMES: readonly { library: RegExp; rooms: readonly string[] }[] = [
  { library: /^(drizzle-orm|drizzle-kit|postgres|pg|graphile-worker)(\/|$)/, rooms: ['db'] },
  { library: /^(elysia|@elysiajs\/[^/]+)(\/|$)/, rooms: ['http'] },
  { library: /^ioredis(\/|$)/, rooms: ['cluster'] },
  { library: /^(jose|arctic)(\/|$)/, rooms: ['auth'] },
  {
    library:
      /^(quasar|@quasar\/[^/]+|vue|vue-router|pinia|@tanstack\/vue-(?:query|virtual)|@vue\/[^/]+|@vueuse\/core|lowlight)(\/|$)/,
    rooms: ['ui', 'ui tools'],
  },
  { library: /^markdown-it(\/|$)/, rooms: ['text'] },
  { library: /^pino(\/|$)/, rooms: ['log', 'bridge'] },
  { library: /^(eventsource-parser|yaml)(\/|$)/, rooms: ['bridge'] },
  { library: /^aws4fetch(\/|$)/, rooms: ['bridge', 'files'] },
  { library: /^tar-stream(\/|$)/, rooms: ['exports'] },
  { library: /^croner$/, rooms: ['domain'] },
  { library: /^(any-ascii|unhomoglyph)(\/|$)/, rooms: ['domain'] },
  { library: /^prom-client$/, rooms: ['http', 'bridge'] },
  { library: /^uqr$/, rooms: ['ui'] },
  { library: /^@simplewebauthn\/server$/, rooms: ['auth'] },
  { library: /^@simplewebauthn\/browser$/, rooms: ['ui'] },
  { library: /^nodemailer(\/|$)/, rooms: ['workers'] },
]

/** Rooms outside the program: they may use any library to look at it. */
export const OUTSIDE: readonly string[] = [
  'tests',
  'bench',
  'scripts',
  'poc',
  'poc tools',
  'bridge tests',
  'ui tools',
]
