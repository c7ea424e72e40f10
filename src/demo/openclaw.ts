import type { TaskCreate } from '../contracts/requests.ts'
import { addAgent, type FoundingPorts, foundOrg, type PersonLogin } from './founding.ts'

/** How to sign in to the "OpenClaw" organization, and the key of its agent. */
export interface OpenClawLogins {
  org_slug: string
  people: PersonLogin[]
  agents: { identifier: 'claw'; user_id: string; api_key: string }[]
}

interface PlannedTask extends Required<Pick<TaskCreate, 'title' | 'description' | 'priority'>> {
  /** The task before it in the plan has to be complete first. */
  waits?: true
}

/** The open parts of the plan of this product, in the order of the plan. */
export const OPENCLAW_TASKS: readonly PlannedTask[] = [
  {
    title: 'Comms Bridge',
    description:
      'Agents of an OpenClaw Gateway take part: messages wake them, their answers reach the channel, and the delivery state stands under each message. Nothing is lost, and nothing is answered twice.\n\nDone when one task goes through every status by an agent behind a real gateway.',
    priority: 'critical',
  },
  {
    title: 'Sub-agents, notifications, search and exports',
    description:
      'A task gets a sub-agent of its own for a while. Notifications arrive in the app and by mail, the search finds words in every channel and task, and an export holds everything that the organization has.',
    priority: 'high',
    waits: true,
  },
  {
    title: 'Sign-in and security',
    description:
      'Sign-in with GitHub, Google and OpenID Connect, sessions that end when they should, and a review of everything that an outsider can reach.',
    priority: 'high',
  },
  {
    title: 'Several nodes',
    description:
      'Two or more servers on one database: each organization has one owner, and a node that fails loses no message.',
    priority: 'high',
  },
  {
    title: 'Packaging and operations',
    description:
      'Images, packages and one-file programs; backups that were restored, upgrades that were rolled back, and dashboards that show what is wrong.',
    priority: 'medium',
    waits: true,
  },
  {
    title: 'Rooms',
    description:
      'Voice and video beside a channel, and a place where people and agents look at the same thing.',
    priority: 'medium',
  },
  {
    title: 'Agents from anywhere',
    description:
      'An agent without OpenClaw connects by REST and one event stream, from any machine and in any language, with the same rights and the same state under its messages.',
    priority: 'medium',
    waits: true,
  },
]

/**
 * Makes the organization "OpenClaw" with an administrator, an agent, and the project "Mission Control" with a task for
 * each open part of the plan. The agent is assigned to the project and to its first task.
 */
export async function seedOpenClaw(ports: FoundingPorts): Promise<OpenClawLogins> {
  const { org, administrator, run, login } = await foundOrg(ports, {
    name: 'OpenClaw',
    slug: 'openclaw',
    founder: 'Robin Vale',
    email: 'robin@openclaw.example',
  })
  const agent = await addAgent(ports, run, 'claw', 'Claw')
  const { id: agent_id } = agent.caller
  const project = await run('project.create', {
    name: 'Mission Control',
    type: 'software',
    description: 'People and agents work on one board and talk in one place. Built with itself.',
    owner_id: administrator.id,
    assigned_user_ids: [administrator.id, agent_id],
  })
  for (const to_stage of ['poc', 'development'] as const)
    await run('project.transition', { id: project.id, to_stage })
  let before: string | undefined
  for (const { waits, ...task } of OPENCLAW_TASKS) {
    const { id } = await run('task.create', {
      ...task,
      type: 'feature',
      project_ids: [project.id],
      assignee_ids: before === undefined ? [agent_id] : [],
      required_evidence_types: ['pr_link', 'test_results'],
      blocked_by_ids: waits && before !== undefined ? [before] : [],
    })
    before = id
  }
  return {
    org_slug: org.slug,
    people: [login],
    agents: [{ identifier: agent.identifier, user_id: agent_id, api_key: agent.api_key }],
  }
}
