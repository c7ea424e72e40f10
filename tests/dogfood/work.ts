/**
 * What the agent of the gate does: its model's mind, as a table. A turn asks for requests to the server's API, in the order
 * of `docs/guides/for-agents.md`, and ends with a text for the channel.
 */
import { afterLastHeader } from '../support/mock-gateway/model.ts'

/** A request about one task, below `/tasks/<id>`. */
export interface TaskRequest {
  path: 'transition' | 'evidence'
  body: object
}

export interface Work {
  /** Of one task of its own: by id, or the first in that status. */
  task: { id: string } | { status: string }
  requests: TaskRequest[]
  /** For the channel, once all requests were answered. */
  say: string
}

const EVIDENCE: TaskRequest[] = [
  { path: 'evidence', body: { type: 'pr_link', url: 'https://git.example.com/mission-control/pulls/11' } },
  {
    path: 'evidence',
    body: { type: 'test_results', url: 'https://ci.example.com/mission-control/runs/411' },
  },
]

/** What a turn with this prompt does; undefined when the prompt is none that the agent knows. */
export function workOf(prompt: string): Work | undefined {
  const [, id = ''] = /^Task ([0-9a-f-]{36}):/m.exec(prompt) ?? []
  const [, title = ''] = /^Title:\n> (.*)$/m.exec(prompt) ?? []
  const asked = afterLastHeader(prompt)
  if (asked.includes('assigned a task to you'))
    return {
      task: { id },
      requests: [move('in-progress', 'I take this one.')],
      say: `I take **${title}**. It is in progress now; the first report follows here.`,
    }
  if (asked.includes('from backlog to in-progress'))
    return { task: { id }, requests: [], say: `**${title}** is in progress: I read the code first.` }
  if (asked.includes('from in-progress to in-review'))
    return {
      task: { id },
      requests: EVIDENCE,
      say: `**${title}** is ready for a look: the pull request and the test results are on the task.`,
    }
  if (asked.includes('from in-review to complete'))
    return { task: { id }, requests: [], say: `**${title}** is complete. Thank you for the review.` }
  if (asked.includes('please finish'))
    return {
      task: { status: 'in-progress' },
      requests: [...EVIDENCE, move('in-review', 'All tests pass, twice.'), move('complete', 'Merged.')],
      say: 'Finished:\n\n- the pull request is merged\n- all tests pass, twice\n\nBoth are on the task as evidence, and it is **complete**.',
    }
  if (asked.includes('how far'))
    return {
      task: { id },
      requests: [],
      say: 'About half of it:\n\n1. the draft is written\n2. the examples still need a check\n\nNothing blocks me.',
    }
  return undefined
}

const move = (to_status: string, comment: string): TaskRequest => ({
  path: 'transition',
  body: { to_status, comment },
})

/** Last line of a script that went well. */
export const DONE = 'all requests were answered'

/**
 * The requests as a shell script, with the variables of the guide: `MC_URL`, `MC_ORG`, `MC_API_KEY`. Ends at the first request that
 * is refused.
 */
export function scriptOf({ task, requests }: Work): string {
  const find =
    'id' in task
      ? `TASK=${task.id}`
      : `TASK=$(curl -sS --fail-with-body -H "$AUTH" "$API/tasks?assigned_to=me&status=${task.status}&sort=created_at&order=desc" | jq -r '.data[0].id')`
  return [
    'set -e',
    'API="$MC_URL/api/v1/orgs/$MC_ORG"; AUTH="Authorization: Bearer $MC_API_KEY"; JSON="Content-Type: application/json"',
    find,
    ...requests.map(
      ({ path, body }) =>
        `curl -sS --fail-with-body -o answer.json -H "$AUTH" -H "$JSON" -d '${JSON.stringify(body)}' "$API/tasks/$TASK/${path}" || { cat answer.json; exit 1; }`,
    ),
    `echo ${DONE}`,
  ].join('\n')
}
