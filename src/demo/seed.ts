import { Passwords } from '../auth/passwords.ts'
import { newId } from '../contracts/ids.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { Message, Project } from '../contracts/resources.ts'
import { reportDelivery } from '../db/queries/deliveries.ts'
import { CONVERSATION, type Voice } from './conversation.ts'
import { addAgent, type FoundingPorts, foundOrg, type PersonLogin, type Run } from './founding.ts'
import { IN_PROJECTS, ORG_WIDE } from './rooms.ts'
import { PROJECTS, type ProjectKey, TASKS } from './work.ts'

/** How to sign in to the demo org, and its agents' keys. */
export interface DemoLogins {
  org_slug: string
  /** The channel of the agents' dialogue. */
  channel_id: string
  people: PersonLogin[]
  agents: { identifier: 'forge' | 'probe'; user_id: string; api_key: string }[]
}

interface Ports extends FoundingPorts {
  channelPost(
    org_id: string,
    channel_id: string,
    caller: AuthenticatedPrincipal,
    content: string,
    reply_to?: string,
  ): Promise<Message>
}

/**
 * Makes the demo org by the same commands as everything else: two people and two agents, projects in
 * every stage, tasks with dependencies and evidence, and what was said about them.
 */
export async function seedDemo(ports: Ports, slug = 'fieldnote'): Promise<DemoLogins> {
  const { database, password, pepper } = ports
  const founded = await foundOrg(ports, {
    name: 'Fieldnote',
    slug,
    founder: 'Ines Carvalho',
    email: 'ines@fieldnote.example',
  })
  const { org, channel, administrator: ines, run } = founded

  const tomasz = await addPerson(run, await new Passwords(pepper).hash('tomasz@fieldnote.example', password))
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
    people: [founded.login, { name: 'Tomasz Nowak', email: 'tomasz@fieldnote.example', password }],
    agents: agents.map(({ identifier, api_key, caller }) => ({ identifier, user_id: caller.id, api_key })),
  }
}

type Voices = Record<Voice, AuthenticatedPrincipal>

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
  await run('user.join', { user_id, invite_id: invite.id, by: { password_hashes: [password_hash] } })
  return { kind: 'human', id: user_id, display_name: 'Tomasz Nowak', org_id: null, role: 'contributor' }
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
