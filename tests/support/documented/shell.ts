import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bare, type Command, ROOT } from './commands.ts'
import { RULES, type Rule } from './rules.ts'

/** What the placeholders of the documents stand for here, and where the programs find the server of the test. */
export interface Place {
  url: string
  org: string
  api_key: string
  channel_id: string
  email: string
  password: string
  /** Another one, that nobody has set up. */
  empty: { url: string; token: string }
  /** Data folder and port of the server at `url`, for the commands of `mission-control`. */
  data_dir: string
  port: number
  /** Asked after an agent has been started: it answers when that agent has answered a person. */
  control: string
  /** Free, for the servers that documents start themselves. */
  own_port: number
  home: string
}

/** Where a document's own server runs: `http://localhost:3000` is that one there. */
const OF_ITS_OWN = new Set(['docs/tours/operating.md'])

export function ruleOf({ document, text }: Command): Rule | undefined {
  return RULES.find((rule) => rule.at.test(bare(text)) && (rule.in?.test(document) ?? true))
}

/** The commands of a document as one script: each says that it is done, and a failed one ends it. */
export function scriptOf(document: string, commands: readonly Command[], place: Place): string {
  const shortened = new Set<string>()
  const steps = commands.map((command, i) => {
    const rule = ruleOf(command)
    // Several commands may have one short form.
    if (rule?.how === 'short' && shortened.size === shortened.add(rule.as).size)
      return `printf "\\n== done %s\\n" ${i}\n`
    return `${rule ? stepOf(rule, fill(document, command.text, place)) : 'false'}\nprintf "\\n== done %s\\n" ${i}\n`
  })
  return PREAMBLE + steps.join('')
}

function stepOf(rule: Rule, text: string): string {
  const quoted = () => `'${bare(text).replaceAll("'", `'\\''`)}'`
  switch (rule.how) {
    case 'run':
      return rule.env === undefined ? text : `${rule.env} ${text}`
    case 'short':
      return rule.as
    case 'elsewhere':
      return ':'
    case 'stays':
      return `begin '${rule.until}' ${quoted()}${rule.look === undefined ? '' : `\n${rule.look}`}`
    case 'ends':
      return `begin '${rule.until}' ${quoted()}\nfinish $LAST`
  }
}

/** The placeholders, each with a rule of its own. A stream without an end gets a time limit, which is no failure. */
function fill(document: string, text: string, place: Place): string {
  const { url, org, api_key, channel_id, email, password, own_port } = place
  const filled = text
    .replaceAll(
      'http://localhost:3000 --setup-token=TOKEN',
      `${place.empty.url} --setup-token=${place.empty.token}`,
    )
    .replaceAll('http://localhost:3000', OF_ITS_OWN.has(document) ? `http://localhost:${own_port}` : url)
    .replaceAll('https://mc.example.com', url)
    .replaceAll(/<your-org>|(?<=MC_ORG=)(?:acme|fieldnote)|(?<=MC_ORG=')acme|(?<=--org )acme/g, org)
    .replaceAll('mc_ak_live_…', api_key)
    .replaceAll('<channel id>', channel_id)
    .replaceAll('ines@example.com', email)
    .replaceAll('MC_SMOKE_PASSWORD=…', `MC_SMOKE_PASSWORD='${password}'`)
    .replaceAll(/(?:\.|\/mnt\/usb)\/([\w-]+\.tar\.gz)/g, '"$SCRATCH/$1"')
    .replaceAll(/\bagent\.sh\b/g, '"$SCRATCH/agent.sh"')
    .replaceAll(/(?<=rm -r )data\/demo/g, '"$MC_DATA_DIR/demo"')
  const endless =
    filled.startsWith('curl ') && filled.includes('events/stream') && !filled.includes('--max-time')
  return endless ? `${bare(filled).replace('curl ', 'curl --max-time 2 ')} || test $? -eq 28` : filled
}

/** `begin UNTIL COMMAND` starts one in a group of its own and waits for what it says; `finish PID` ends the group. */
const PREAMBLE = `set -euo pipefail
PIDS=()
begin() {
  local out="$SCRATCH/out.\${#PIDS[@]}"
  # One server at a time: what a document starts again, it has stopped before.
  case "$2" in npm*) for pid in \${PIDS[@]+"\${PIDS[@]}"}; do finish "$pid"; done ;; esac
  setsid bash -c "$2" > "$out" 2>&1 &
  LAST=$!
  PIDS+=("$LAST")
  while [ -n "$1" ] && ! grep -q -- "$1" "$out"; do
    kill -0 "$LAST" 2> /dev/null || { cat "$out" >&2; return 1; }
    sleep 0.1
  done
}
finish() {
  kill -TERM -- "-$1" 2> /dev/null || true
  wait "$1" 2> /dev/null || true
  while kill -0 -- "-$1" 2> /dev/null; do sleep 0.1; done
}
trap 'for pid in \${PIDS[@]+"\${PIDS[@]}"}; do finish "$pid"; done' EXIT
`

export interface Ran {
  code: number
  /** How many commands were done. */
  done: number
  out: string
  err: string
}

/** Runs a document's script in the root of this checkout, with programs of this checkout in the PATH. */
export async function runScript(script: string, place: Place): Promise<Ran> {
  const scratch = mkdtempSync(join(tmpdir(), 'mc-documented-'))
  const programs = join(scratch, 'bin')
  mkdirSync(programs)
  mkdirSync(join(scratch, 'data'))
  const program = (name: string, lines: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${lines}\n`)
    chmodSync(join(programs, name), 0o755)
  }
  const main = `exec "${process.execPath}" "${join(ROOT, 'src', 'main.ts')}" "$@"`
  program('mission-control', `export MC_DATA_DIR="\${TO:-${place.data_dir}}" MC_PORT=${place.port}\n${main}`)
  program('mc-bridge', `exec "${process.execPath}" "${join(ROOT, 'bridge', 'src', 'main.ts')}" "$@"`)
  try {
    const child = Bun.spawn(['bash', '-c', script], {
      cwd: ROOT,
      env: {
        PATH: `${programs}:${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
        HOME: place.home,
        SCRATCH: scratch,
        CONTROL: place.control,
        MC_DATA_DIR: join(scratch, 'data'),
        MC_PORT: String(place.own_port),
        // What the documents before have set in their shell.
        MC: `${place.url}/api/v1/orgs/${place.org}`,
        KEY: place.api_key,
        CURSOR: '',
        NO_PROXY: 'localhost',
        no_proxy: 'localhost',
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { code, out, err, done: out.match(/^== done \d+$/gm)?.length ?? 0 }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
