import type { EvidenceCreate, TaskCreate } from '../contracts/requests.ts'
import type { ProjectStage, ProjectType, TaskStatus } from '../contracts/vocabulary.ts'
import type { Voice } from './conversation.ts'

/** The projects and tasks of the demo org: every stage, status, priority and kind of evidence is there. */

export type ProjectKey =
  | 'sync'
  | 'reports'
  | 'accounts'
  | 'pipeline'
  | 'api'
  | 'handbook'
  | 'launch'
  | 'voice'

export interface DemoProject {
  name: string
  type: ProjectType
  description: string
  owner: Voice
  /** Those that it has passed, in order. */
  stages: readonly ProjectStage[]
  links?: readonly { label: string; url: string }[]
}

const TO_DEVELOPMENT = ['poc', 'development'] as const
const TO_TESTING = [...TO_DEVELOPMENT, 'testing'] as const

export const PROJECTS: Record<ProjectKey, DemoProject> = {
  sync: {
    name: 'Offline sync',
    type: 'software',
    description:
      'Inspections finish without a signal and arrive whole when there is one.\n\nDone when a crew can work a day in the tunnel, and nobody calls us.',
    owner: 'ines',
    stages: TO_DEVELOPMENT,
    links: [{ label: 'Design note', url: 'https://docs.fieldnote.example/offline-sync' }],
  },
  reports: {
    name: 'Inspection reports',
    type: 'docs',
    description: 'A report that an engineer can read on a phone in the rain.',
    owner: 'tomasz',
    stages: TO_TESTING,
  },
  accounts: {
    name: 'Crew accounts',
    type: 'software',
    description: 'One sign-in for a crew, and a name under every photo.',
    owner: 'ines',
    stages: ['poc'],
  },
  pipeline: {
    name: 'Photo pipeline',
    type: 'software',
    description: 'From the lens to the report in under a minute, whatever the size.',
    owner: 'tomasz',
    stages: TO_DEVELOPMENT,
  },
  api: {
    name: 'Public API guide',
    type: 'docs',
    description: 'What a partner needs to read inspections from their own system.',
    owner: 'ines',
    stages: [...TO_TESTING, 'adoption'],
  },
  handbook: {
    name: 'Installer handbook',
    type: 'docs',
    description: 'The steps on the roof, one page each.',
    owner: 'tomasz',
    stages: [...TO_TESTING, 'adoption', 'maintenance'],
  },
  launch: {
    name: 'Spring launch',
    type: 'launch',
    description: 'Crews in Tyrol and Vorarlberg start in April.',
    owner: 'ines',
    stages: [],
  },
  voice: {
    name: 'Voice notes',
    type: 'software',
    description: 'Hold to record, with gloves on.',
    owner: 'tomasz',
    stages: [],
  },
}

export interface DemoTask extends Pick<TaskCreate, 'title' | 'description' | 'type' | 'priority'> {
  project?: ProjectKey
  who?: readonly Voice[]
  needs?: readonly EvidenceCreate['type'][]
  /** Title of a task before it in the list. */
  waits_for?: readonly string[]
  /** Where it is, who brought it there and with what. */
  at?: TaskStatus
  evidence?: readonly EvidenceCreate[]
}

const pull = (n: number): EvidenceCreate => ({
  type: 'pr_link',
  url: `https://git.fieldnote.example/app/pulls/${n}`,
})
const run = (n: number): EvidenceCreate => ({
  type: 'test_results',
  url: `https://ci.fieldnote.example/runs/${n}`,
})
const page = (name: string): EvidenceCreate => ({
  type: 'doc_url',
  url: `https://docs.fieldnote.example/${name}`,
})

export const TASKS: readonly DemoTask[] = [
  {
    title: 'Load the upload index before resuming',
    description: 'Entries of the last session look stored, because `resumePending()` runs too early.',
    project: 'sync',
    type: 'bug',
    priority: 'critical',
    who: ['forge'],
    needs: ['pr_link', 'test_results'],
    at: 'complete',
    evidence: [pull(412), run(4712)],
  },
  {
    title: 'Prove that the queue survives a kill',
    project: 'sync',
    type: 'chore',
    priority: 'high',
    who: ['probe'],
    at: 'complete',
    evidence: [run(4711)],
  },
  {
    title: 'Keep drafts in the device database',
    project: 'sync',
    priority: 'medium',
    who: ['forge'],
    needs: ['pr_link'],
    at: 'complete',
    evidence: [pull(398)],
  },
  {
    title: 'Resume uploads after an app kill',
    description:
      'Three crews wait for it.\n\n1. Load the index first.\n2. Call `resumePending()` with what is not stored.\n3. Stop at the first network error.',
    project: 'sync',
    type: 'bug',
    priority: 'critical',
    who: ['forge', 'tomasz'],
    needs: ['pr_link', 'test_results'],
    waits_for: ['Load the upload index before resuming', 'Prove that the queue survives a kill'],
    at: 'in-review',
    evidence: [pull(418)],
  },
  {
    title: 'Clock skew reorders edits',
    description: 'A phone that is two minutes ahead wins every conflict.',
    project: 'sync',
    type: 'bug',
    priority: 'high',
    who: ['tomasz'],
    at: 'in-progress',
  },
  {
    title: 'Retry photos over 20 MB in parts',
    project: 'sync',
    priority: 'high',
    who: ['forge'],
    needs: ['test_results'],
    at: 'in-progress',
  },
  {
    title: 'Banner names what is waiting',
    description: 'Not only how many: “8 photos of Brenner tunnel wait for a signal”.',
    project: 'sync',
    priority: 'medium',
    who: ['ines'],
    waits_for: ['Resume uploads after an app kill'],
  },
  {
    title: 'Roll out 4.2 to all crews',
    project: 'sync',
    type: 'chore',
    priority: 'high',
    who: ['ines'],
    waits_for: ['Resume uploads after an app kill', 'Clock skew reorders edits'],
  },
  {
    title: 'Explain sync conflicts in plain words',
    project: 'sync',
    priority: 'medium',
    who: ['ines'],
    waits_for: ['Clock skew reorders edits'],
  },
  { title: 'Compress photos before queueing', project: 'sync', priority: 'low', who: ['forge'] },
  { title: 'Sync on Wi-Fi only, as a crew setting', project: 'sync', priority: 'low' },
  {
    title: 'One column on phones',
    project: 'reports',
    priority: 'high',
    who: ['tomasz'],
    needs: ['doc_url'],
    at: 'in-review',
  },
  {
    title: 'Report totals count unsynced inspections twice',
    project: 'reports',
    type: 'bug',
    priority: 'high',
    who: ['probe'],
    waits_for: ['Resume uploads after an app kill'],
    at: 'in-progress',
  },
  {
    title: 'Signature pad loses the last stroke',
    project: 'reports',
    type: 'bug',
    priority: 'medium',
    who: ['forge', 'probe'],
    needs: ['pr_link', 'test_results'],
    at: 'in-review',
    evidence: [pull(421), run(4730)],
  },
  {
    title: 'Sign a report with the finger',
    project: 'reports',
    priority: 'medium',
    waits_for: ['One column on phones'],
  },
  {
    title: 'German and Spanish texts',
    project: 'reports',
    type: 'chore',
    priority: 'low',
    who: ['ines'],
    at: 'complete',
    evidence: [page('texts')],
  },
  { title: 'Crew lead sees who is unsynced', project: 'accounts', priority: 'high', who: ['tomasz'] },
  {
    title: 'Invite a crew by a code on paper',
    project: 'accounts',
    priority: 'medium',
    who: ['forge'],
    at: 'in-progress',
  },
  {
    title: 'Decide what “synced” means to a crew',
    project: 'accounts',
    type: 'chore',
    priority: 'critical',
    who: ['ines', 'tomasz'],
    needs: ['doc_url'],
    at: 'in-progress',
  },
  {
    title: 'Thumbnails before the photo is there',
    project: 'pipeline',
    priority: 'medium',
    who: ['forge'],
    at: 'in-progress',
  },
  {
    title: 'Measure upload time on 3G',
    project: 'pipeline',
    type: 'chore',
    priority: 'medium',
    who: ['probe'],
    needs: ['test_results'],
    at: 'in-review',
    evidence: [run(4741)],
  },
  {
    title: 'Delete local photos 7 days after upload',
    project: 'pipeline',
    priority: 'low',
    waits_for: ['Measure upload time on 3G'],
  },
  {
    title: 'Stop syncing below 10 % battery',
    project: 'pipeline',
    priority: 'high',
    who: ['forge'],
    at: 'complete',
    evidence: [pull(402), run(4699)],
  },
  {
    title: 'Examples for webhooks',
    project: 'api',
    priority: 'medium',
    who: ['probe'],
    needs: ['doc_url'],
    at: 'complete',
    evidence: [page('webhooks')],
  },
  {
    title: 'Guide: working without a signal',
    project: 'api',
    priority: 'medium',
    who: ['ines'],
    needs: ['doc_url'],
  },
  {
    title: 'Nightly run of every example',
    project: 'api',
    type: 'chore',
    priority: 'low',
    who: ['probe'],
    at: 'in-progress',
  },
  {
    title: 'Battery and inverter models of spring',
    project: 'handbook',
    type: 'chore',
    priority: 'low',
    who: ['tomasz'],
  },
  {
    title: 'Invite the crews of Tyrol',
    project: 'launch',
    type: 'chore',
    priority: 'medium',
    who: ['ines'],
  },
  { title: 'Prices for small crews', project: 'launch', type: 'chore', priority: 'low' },
  {
    title: 'Training week in March',
    project: 'launch',
    type: 'chore',
    priority: 'high',
    who: ['ines', 'tomasz'],
    at: 'in-progress',
  },
  { title: 'Hold to record, with gloves on', project: 'voice', priority: 'medium' },
  { title: 'Transcribe on the phone or on the server?', type: 'chore', priority: 'low', who: ['tomasz'] },
]
