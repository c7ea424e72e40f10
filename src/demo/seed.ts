import { generateApiKey, hashKey } from '../auth/api-keys.ts'
import { Passwords } from '../auth/passwords.ts'
import { createOrg } from '../commands/org-create.ts'
import type { CommandCall, ReplyTo } from '../contracts/calls.ts'
import type { CommandName, Inputs, Results } from '../contracts/commands.ts'
import { newId } from '../contracts/ids.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { EvidenceCreate, TaskCreate, TaskTransition } from '../contracts/requests.ts'
import type { Message, Project, Task } from '../contracts/resources.ts'
import type { Database } from '../db/client.ts'
import { CONVERSATION, type Voice } from './conversation.ts'

/** How to sign in to the demo org, and its agents' keys. */
export interface DemoLogins {
  org_slug: string
  /** The channel of the agents' dialogue. */
  channel_id: string
  people: { name: string; email: string; password: string }[]
  agents: { identifier: 'forge' | 'probe'; user_id: string; api_key: string }[]
}

interface Ports {
  database: Database
  command<N extends CommandName>(org_id: string, call: CommandCall<N>): Promise<ReplyTo<N>>
  channelPost(
    org_id: string,
    channel_id: string,
    caller: AuthenticatedPrincipal,
    content: string,
    reply_to?: string,
  ): Promise<Message>
  pepper: Uint8Array
  password: string
}

/**
 * Makes the demo org by the same commands as everything else: two people and two agents, three projects, ten tasks with
 * dependencies and evidence, a conversation of fifty messages.
 */
export async function seedDemo(ports: Ports, slug = 'fieldnote'): Promise<DemoLogins> {
  const { database, password, pepper } = ports
  const passwords = new Passwords(pepper)
  const ines_id = newId()
  const { org, channel } = await createOrg(database, {
    name: 'Fieldnote',
    slug,
    founder: { user_id: ines_id, display_name: 'Ines Carvalho' },
    new_account: {
      email: 'ines@fieldnote.example',
      password_hash: await passwords.hash('ines@fieldnote.example', password),
    },
  })
  const ines: AuthenticatedPrincipal = {
    kind: 'human',
    id: ines_id,
    display_name: 'Ines Carvalho',
    org_id: null,
    role: 'administrator',
  }
  const run: Run = async (command, input, caller = ines) =>
    (await ports.command(org.id, { command_id: newId(), command, input, principal: caller })).result

  const tomasz = await addPerson(run, await passwords.hash('tomasz@fieldnote.example', password))
  const agents = [await addAgent(ports, run, 'forge'), await addAgent(ports, run, 'probe')] as const
  const [forge, probe] = agents.map(({ caller }) => caller) as [
    AuthenticatedPrincipal,
    AuthenticatedPrincipal,
  ]
  const everybody = [ines, tomasz, forge, probe].map((caller) => caller.id)

  const projects: Project[] = []
  for (const [name, type, description, stages] of PROJECTS) {
    const made = await run('project.create', {
      name,
      type,
      description,
      owner_id: ines_id,
      assigned_user_ids: everybody,
    })
    for (const to_stage of stages) await run('project.transition', { id: made.id, to_stage })
    projects.push(made)
  }
  await addTasks(run, projects, { ines, tomasz, forge, probe })

  const voices: Record<Voice, AuthenticatedPrincipal> = { ines, tomasz, forge, probe }
  for (const [voice, content] of CONVERSATION)
    await ports.channelPost(org.id, channel.id, voices[voice], content)
  return {
    org_slug: org.slug,
    channel_id: channel.id,
    people: [
      { name: 'Ines Carvalho', email: 'ines@fieldnote.example', password },
      { name: 'Tomasz Nowak', email: 'tomasz@fieldnote.example', password },
    ],
    agents: agents.map(({ identifier, api_key, caller }) => ({ identifier, user_id: caller.id, api_key })),
  }
}

type Run = <N extends CommandName>(
  command: N,
  input: Inputs[N],
  caller?: AuthenticatedPrincipal,
) => Promise<Results[N]>

async function addPerson(run: Run, password_hash: string): Promise<AuthenticatedPrincipal> {
  const user_id = newId()
  const invite = { id: newId(), token_hash: newId(), expires_at: new Date(Date.now() + 60_000).toISOString() }
  await run('user.invite_human', {
    email: 'tomasz@fieldnote.example',
    display_name: 'Tomasz Nowak',
    role: 'contributor',
    user_id,
    invite,
  })
  await run('user.join', { user_id, invite_id: invite.id, password_hashes: [password_hash] })
  return { kind: 'human', id: user_id, display_name: 'Tomasz Nowak', org_id: null, role: 'contributor' }
}

async function addAgent(
  { pepper }: Ports,
  run: Run,
  identifier: 'forge' | 'probe',
): Promise<{ identifier: 'forge' | 'probe'; api_key: string; caller: AuthenticatedPrincipal }> {
  const { key, key_id, prefix } = generateApiKey('live')
  const hashes = await hashKey(key, pepper)
  const user_id = newId()
  await run('user.create_agent', {
    identifier,
    display_name: identifier,
    role: 'contributor',
    user_id,
    key: { id: newId(), key_id, prefix, ...hashes },
  })
  return {
    identifier,
    api_key: key,
    caller: { kind: 'agent', id: user_id, display_name: identifier, org_id: null, role: 'contributor' },
  }
}

const PROJECTS = [
  [
    'Offline sync',
    'software',
    'Inspections finish without a signal and arrive whole when there is one.',
    ['poc', 'development'],
  ],
  [
    'Inspection reports',
    'docs',
    'A report that an engineer can read on a phone in the rain.',
    ['poc', 'development', 'testing'],
  ],
  ['Spring launch', 'launch', 'Crews in Tyrol and Vorarlberg start in April.', []],
] as const

async function addTasks(
  run: Run,
  [sync, reports, launch]: readonly Project[],
  people: Record<Voice, AuthenticatedPrincipal>,
): Promise<void> {
  const { ines, tomasz, forge, probe } = people
  const add = async (title: string, project: Project | undefined, rest: Partial<TaskCreate> = {}) =>
    await run('task.create', { title, project_ids: project ? [project.id] : [], ...rest })
  const move = async (
    task: Task,
    to_status: TaskTransition['to_status'],
    caller: AuthenticatedPrincipal,
    evidence: EvidenceCreate[] = [],
  ) => await run('task.transition', { id: task.id, to_status, evidence }, caller)

  const index = await add('Load the upload index before resuming', sync, {
    type: 'bug',
    priority: 'critical',
    assignee_ids: [forge.id],
    required_evidence_types: ['pr_link', 'test_results'],
  })
  const kill = await add('Prove that the queue survives a kill', sync, {
    type: 'chore',
    priority: 'high',
    assignee_ids: [probe.id],
  })
  const resume = await add('Resume uploads after an app kill', sync, {
    type: 'bug',
    priority: 'critical',
    assignee_ids: [forge.id],
    blocked_by_ids: [index.id, kill.id],
  })
  await add('Banner names what is waiting', sync, {
    priority: 'medium',
    assignee_ids: [ines.id],
    blocked_by_ids: [resume.id],
  })
  const skew = await add('Clock skew reorders edits', sync, {
    type: 'bug',
    priority: 'high',
    assignee_ids: [tomasz.id],
  })
  await add('Compress photos before queueing', sync, { priority: 'low' })
  const layout = await add('One column on phones', reports, {
    priority: 'high',
    assignee_ids: [tomasz.id],
    required_evidence_types: ['doc_url'],
  })
  await add('Sign a report with the finger', reports, { priority: 'medium', blocked_by_ids: [layout.id] })
  await add('Invite the crews of Tyrol', launch, {
    type: 'chore',
    priority: 'medium',
    assignee_ids: [ines.id],
  })
  await add('Prices for small crews', launch, { type: 'chore', priority: 'low' })

  await move(kill, 'in-progress', probe)
  await move(kill, 'complete', probe, [
    { type: 'test_results', url: 'https://ci.fieldnote.example/runs/4711' },
  ])
  await move(index, 'in-progress', forge)
  await move(index, 'complete', forge, [
    { type: 'pr_link', url: 'https://git.fieldnote.example/app/pulls/412' },
    { type: 'test_results', url: 'https://ci.fieldnote.example/runs/4712' },
  ])
  await move(resume, 'in-review', forge)
  await move(skew, 'in-progress', tomasz)
  await move(layout, 'in-review', tomasz)
}
