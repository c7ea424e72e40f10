import { describe, expect, test } from 'bun:test'
import type { Task } from '../../src/contracts/resources.ts'
import { marked, matching } from '../src/components/palette/match.ts'
import { laterOf } from '../src/realtime/last-message.ts'
import { withTask } from '../src/realtime/task-list.ts'
import { type TaskSlice, withSliceChanged } from '../src/realtime/task-slice.ts'
import { ME, message, NOON, OTHER, PROJECT, task, taskId } from './support/samples.ts'

const TITLES = [
  'Offline sync',
  'Compress photos before queueing',
  'general',
  'releases',
  'Überblick',
  'Crème brûlée',
  'Москва склад',
  '日本語チャンネル',
  'New task',
  'New channel',
  'Resume uploads after an app kill',
]

describe('the match of the palette', () => {
  const found = (query: string, entries = TITLES.map((title) => ({ title }))) =>
    matching(entries, query, 10).map(({ title }) => title)

  test.each([
    ['sync', 'Offline sync'],
    ['os', 'Offline sync'],
    ['offl', 'Offline sync'],
    ['task new', 'New task'],
    ['upload kill', 'Resume uploads after an app kill'],
    ['cpq', 'Compress photos before queueing'],
    ['uber', 'Überblick'],
    ['creme', 'Crème brûlée'],
    ['склад мос', 'Москва склад'],
    ['日本', '日本語チャンネル'],
    ['GENERAL', 'general'],
  ])('%s finds %s first', (query, title) => {
    expect(found(query)[0]).toBe(title)
  })

  test('finds nothing in scattered letters', () => {
    expect(found('xyz')).toEqual([])
    expect(found('grl')).toEqual([])
  })

  test('puts a title before a synonym, and a recent place before an equal one', () => {
    const synonyms = [{ title: 'Add agent', words: 'member' }, { title: 'Members' }]
    expect(matching(synonyms, 'member', 10).map(({ title }) => title)).toEqual(['Members', 'Add agent'])
    const twice = [
      { title: 'Sync A', id: 1 },
      { title: 'Sync B', id: 2, recent: true },
    ]
    expect(matching(twice, 'sync', 10).map(({ id }) => id)).toEqual([2, 1])
  })

  test('gives no more than asked for', () => {
    expect(matching([{ title: 'a1' }, { title: 'a2' }, { title: 'a3' }], 'a', 2)).toHaveLength(2)
  })

  test('marks the letters that match, and leaves the title whole', () => {
    const shown = (title: string, query: string) =>
      marked(title, query)
        .map(({ text, hit }) => (hit ? `[${text}]` : text))
        .join('')
    expect(shown('Offline sync', 'sync')).toBe('Offline [sync]')
    expect(shown('Offline sync', 'os')).toBe('[O]ffline [s]ync')
    expect(shown('<b>bold</b>', 'bold')).toBe('<b>[bold]</b>')
    expect(shown('Found by its description', 'zebra')).toBe('Found by its description')
    expect(shown('Anything', '')).toBe('Anything')
  })
})

describe('a slice of the tasks', () => {
  const ids = ({ tasks }: TaskSlice) => tasks.map(({ id }) => id)
  const after = (slice: TaskSlice, changed: Task) =>
    withSliceChanged(slice, (tasks) => withTask(tasks, changed))

  const mine = { assignee_ids: [ME] }
  const ofMe = (...tasks: Task[]): TaskSlice => ({ of: { assignee_id: ME }, tasks })

  test('takes a task in that comes to belong, and lets one go that no longer does', () => {
    let slice = ofMe(task(1, mine))
    slice = after(slice, task(2, mine))
    expect(ids(slice)).toEqual([taskId(1), taskId(2)])
    slice = after(slice, task(1, { ...mine, status: 'complete', version: 2 }))
    expect(ids(slice)).toEqual([taskId(2)])
    slice = after(slice, task(2, { assignee_ids: [OTHER], version: 2 }))
    expect(ids(slice)).toEqual([])
    slice = after(slice, task(1, { ...mine, status: 'in-progress', version: 3 }))
    expect(ids(slice)).toEqual([taskId(1)])
  })

  test('of a project has complete tasks, but no archived ones', () => {
    const inProject = { project_ids: [PROJECT] }
    let slice: TaskSlice = { of: { project_id: PROJECT }, tasks: [task(1, inProject)] }
    slice = after(slice, task(1, { ...inProject, status: 'complete', version: 2 }))
    expect(ids(slice)).toEqual([taskId(1)])
    slice = after(slice, task(1, { ...inProject, status: 'complete', version: 3, archived_at: NOON }))
    expect(ids(slice)).toEqual([])
  })

  test('is the same object when a task of others changes', () => {
    const slice = ofMe(task(1, mine))
    expect(after(slice, task(3, { assignee_ids: [OTHER] }))).toBe(slice)
  })
})

test('the last message of a channel is never an older one', () => {
  const [first, second] = [message(1), message(2)]
  expect(laterOf(null, first)).toBe(first)
  expect(laterOf(first, second)).toBe(second)
  expect(laterOf(second, first)).toBe(second)
})
