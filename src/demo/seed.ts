import { generateApiKey, hashKey } from '../auth/api-keys.ts'
import { Passwords } from '../auth/passwords.ts'
import { createOrg } from '../commands/org-create.ts'
import type { CommandCall, ReplyTo } from '../contracts/calls.ts'
import type { CommandName, Inputs, Results } from '../contracts/commands.ts'
import { newId } from '../contracts/ids.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { Message, Project } from '../contracts/resources.ts'
import type { Database } from '../db/client.ts'
import { reportDelivery } from '../db/queries/deliveries.ts'
import { CONVERSATION, type Voice } from './conversation.ts'
import { IN_PROJECTS, ORG_WIDE } from './rooms.ts'
import { PROJECTS, type ProjectKey, TASKS } from './work.ts'

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
 * Makes the demo org by the same commands as everything else: two people and two agents, projects in
 * every stage, tasks with dependencies and evidence, and what was said about them.
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

  const voices: Voices = { ines, tomasz, forge, probe }
  const projects = await addProjects(run, voices, everybody)
  await addTasks(run, projects, voices)

  const say = async (channel_id: string, lines: readonly (readonly [Voice, string])[]) => {
    for (const [voice, content] of lines) {
      const { seq, mentions } = await ports.channelPost(org.id, channel_id, voices[voice], content)
      // What the agents were asked has its answer in the conversation.
      for (const agent_id of [forge.id, probe.id].filter((id) => mentions.includes(id))) {
        const report = { channel_id, seq, agent_id, state: 'answered', detail: null } as const
        await database.withOrg(org.id, (tx) => reportDelivery(tx, org.id, report))
      }
    }
  }
  for (const { name, lines } of ORG_WIDE) await say((await run('channel.create', { name })).id, lines)
  for (const [key, { channel_id }] of projects) await say(channel_id, IN_PROJECTS[key] ?? [])
  await say(channel.id, CONVERSATION)
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

type Voices = Record<Voice, AuthenticatedPrincipal>

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

async function addProjects(
  run: Run,
  voices: Voices,
  assigned_user_ids: string[],
): Promise<Map<ProjectKey, Project>> {
  const made = new Map<ProjectKey, Project>()
  for (const [key, { stages, owner, links = [], ...rest }] of entries(PROJECTS)) {
    const input = { ...rest, links: [...links], owner_id: voices[owner].id, assigned_user_ids }
    const project = await run('project.create', input)
    for (const to_stage of stages) await run('project.transition', { id: project.id, to_stage })
    made.set(key, project)
  }
  return made
}

const entries = <K extends string, V>(record: Record<K, V>) => Object.entries(record) as [K, V][]

/** All tasks first, so that one that waits is there when its blocker completes. */
async function addTasks(run: Run, projects: ReadonlyMap<ProjectKey, Project>, voices: Voices): Promise<void> {
  const ids = new Map<string, string>()
  for (const { title, description, type, priority, project, who = [], needs = [], waits_for = [] } of TASKS) {
    const task = await run('task.create', {
      title,
      ...(description === undefined ? {} : { description }),
      ...(type === undefined ? {} : { type }),
      ...(priority === undefined ? {} : { priority }),
      project_ids: [project && projects.get(project)?.id].filter((id) => id !== undefined),
      assignee_ids: who.map((voice) => voices[voice].id),
      required_evidence_types: [...needs],
      blocked_by_ids: waits_for.flatMap((before) => ids.get(before) ?? []),
    })
    ids.set(title, task.id)
  }
  for (const { title, at, who = [], evidence = [] } of TASKS) {
    const id = ids.get(title)
    if (id === undefined || at === undefined) continue
    const caller = voices[who[0] ?? 'ines']
    if (at !== 'in-progress') await run('task.transition', { id, to_status: 'in-progress' }, caller)
    if (at === 'complete')
      await run('task.transition', { id, to_status: at, evidence: [...evidence] }, caller)
    else {
      for (const one of evidence) await run('task.add_evidence', { id, ...one }, caller)
      await run('task.transition', { id, to_status: at }, caller)
    }
  }
}
