import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'

const ROOT = join(import.meta.dir, '..', '..', '..')
const FOLDER = '.github/workflows'
const NAMES = readdirSync(join(ROOT, FOLDER)).toSorted()
const read = (name: string) => readFileSync(join(ROOT, FOLDER, name), 'utf8')

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}
interface Job {
  uses?: string
  needs?: string[]
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  steps?: Step[]
}
interface Workflow {
  on: Record<string, unknown>
  permissions: Record<string, string>
  jobs: Record<string, Job>
}
const parsed = (name: string) => Bun.YAML.parse(read(name)) as Workflow
const jobsOf = (name: string) => Object.entries(parsed(name).jobs)
const stepsOf = (name: string) => jobsOf(name).flatMap(([, { steps = [] }]) => steps)

async function problemsOf(name: string, content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter())
  if (value) await convertWorkflowTemplate(context, value)
  return context.errors.getErrors().map(({ message }) => message)
}

test('there are the workflows of a release', () => {
  expect(NAMES).toEqual(['ci.yml', 'deploy.yml', 'release-bridge.yml', 'release-server.yml'])
})

test("GitHub's own parser finds what is wrong", async () => {
  const wrong = read('ci.yml').replace('runs-on:', 'run-on:')
  expect((await problemsOf('ci.yml', wrong)).join()).toContain('run-on')
  const unknown = read('release-server.yml').replace('steps.tag.outputs.version', 'stepz.tag.outputs.version')
  expect((await problemsOf('release-server.yml', unknown)).join()).toContain('stepz')
})

describe.each(NAMES)('%s', (name) => {
  test("is a workflow to GitHub's own parser", async () => {
    expect(await problemsOf(name, read(name))).toEqual([])
  })

  test('names every action by its commit, with the version beside it', () => {
    for (const line of read(name).split('\n')) {
      const [, uses] = /^\s*(?:- )?uses: (.+)$/.exec(line) ?? []
      if (uses === undefined || uses.startsWith('./')) continue
      expect(uses).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  test('takes each action in one version', () => {
    const actions = NAMES.flatMap(stepsOf).flatMap(({ uses }) =>
      uses === undefined ? [] : [uses.split('@')],
    )
    const by_name = Map.groupBy(actions, ([action]) => action)
    for (const [action, found] of by_name)
      expect([action, new Set(found.map(([, at]) => at)).size]).toEqual([action, 1])
  })

  test('calls only scripts and files that are there', () => {
    const called = stepsOf(name).flatMap(({ run = '' }) => [
      ...run.matchAll(/(?<![\w./-])((?:bridge\/)?scripts\/[\w./-]+\.(?:ts|mjs|sh)|\.ci\/run)(?![\w])/g),
    ])
    expect(called.length).toBeGreaterThan(0)
    for (const [, path] of called) expect([path, existsSync(join(ROOT, path!))]).toEqual([path, true])
    for (const [, { uses }] of jobsOf(name)) if (uses) expect(existsSync(join(ROOT, uses))).toBe(true)
  })

  test('gives jobs no right that they do not need, and no time without end', () => {
    expect(parsed(name).permissions).toEqual({ contents: 'read' })
    for (const [job, { permissions = {}, uses, ...rest }] of jobsOf(name)) {
      if (Object.values(permissions).includes('write')) expect(['publish', 'image']).toContain(job)
      if (uses === undefined) expect([job, rest['timeout-minutes']]).toEqual([job, expect.any(Number)])
    }
    for (const { uses, with: given } of stepsOf(name))
      if (uses?.startsWith('actions/checkout@')) expect(given?.['persist-credentials']).toBe(false)
  })

  test('puts nothing that somebody types into a shell: it comes by the environment', () => {
    for (const { run = '' } of stepsOf(name))
      expect(run).not.toMatch(/\$\{\{\s*(?:inputs|github\.(?:event|head_ref|ref_name))|secrets\.|vars\./)
  })
})

test('CI calls what .ci/run calls, and a release waits for it', () => {
  expect(stepsOf('ci.yml').some(({ run }) => run === '.ci/run')).toBe(true)
  for (const name of ['release-server.yml', 'release-bridge.yml']) {
    const { jobs } = parsed(name)
    expect(jobs.ci?.uses).toBe('./.github/workflows/ci.yml')
    expect(jobs.publish?.needs).toContain('ci')
    expect(jobs.publish?.needs).toContain('try')
  }
})

test('releases of server and bridge are for all systems', () => {
  for (const name of ['release-server.yml', 'release-bridge.yml']) {
    const systems = [...read(name).matchAll(/targets: (.*)/g)].flatMap(([, list]) => list!.split(','))
    expect(systems.toSorted()).toEqual([
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
      'windows-x64',
    ])
  }
  expect(parsed('release-server.yml').on).toEqual({ push: { tags: ['server-v*'] } })
  expect(parsed('release-bridge.yml').on).toEqual({ push: { tags: ['bridge-v*'] } })
})
