import './support/dom.ts'
import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import type { Project } from '../../src/contracts/resources.ts'
import type { ProjectStage } from '../../src/contracts/vocabulary.ts'
import type { Folds } from '../src/components/board/use-folds.ts'
import { AGENT, ME, OTHER, PROJECT, project, user } from './support/samples.ts'

// Compiled by the plugin of the import above, so they come after it.
const { mount } = await import('@vue/test-utils')
const { QueryClient, VueQueryPlugin } = await import('@tanstack/vue-query')
const { Quasar } = await import('quasar')
const { defineComponent, h, nextTick, provide, shallowReactive, shallowRef } = await import('vue')
const { default: ProjectCard } = await import('../src/components/projects/ProjectCard.vue')
const { default: ProjectColumn } = await import('../src/components/projects/ProjectColumn.vue')
const { foldsKey } = await import('../src/components/board/use-folds.ts')
const { projectBoardKey, useProjectBoard } = await import('../src/components/projects/use-project-board.ts')

let unmount = () => {}
// Without styles nothing scrolls, of which the drag library warns.
const warned = spyOn(console, 'warn')
beforeEach(() => {
  warned.mockImplementation(() => {})
})
afterEach(() => {
  unmount()
  warned.mockReset()
})

const people = new Map(
  [
    user({ id: ME, display_name: 'Ines Carvalho' }),
    user({ id: OTHER, display_name: 'Mei Lindqvist' }),
    user({ id: AGENT, type: 'agent', display_name: 'forge' }),
  ].map((one) => [one.id, one]),
)
const summary = { counts: { backlog: 1, 'in-progress': 2, 'in-review': 0, complete: 1 }, blocked: 1 }
const shared = { people, frozen: false, phone: false }

/** Shows something inside a board, whose state the test changes. */
function inBoard(show: () => ReturnType<typeof h>, folds?: Folds) {
  let board: ReturnType<typeof useProjectBoard> | undefined
  const host = defineComponent(() => {
    board = useProjectBoard(() => 'fieldnote')
    provide(projectBoardKey, board)
    if (folds) provide(foldsKey, folds)
    return show
  })
  const view = mount(host, {
    global: { plugins: [Quasar, [VueQueryPlugin, { queryClient: new QueryClient() }]] },
  })
  unmount = () => view.unmount()
  if (!board) throw new Error('not mounted')
  return { view, board }
}
const card = (rest: Partial<Project> = {}, props: object = {}) =>
  inBoard(() =>
    h(ProjectCard, { project: project(rest), summary, moved: undefined, open: false, ...shared, ...props }),
  )

describe('a card of a project', () => {
  test('shows name, type, progress, what is blocked, and its people with the owner first', () => {
    const { view } = card({ owner_id: OTHER, assigned_user_ids: [ME, OTHER, AGENT] })
    expect(view.get('.grip').text()).toBe('Offline sync')
    expect(view.get('.bar').attributes('aria-label')).toBe('1 of 4 tasks complete')
    expect(view.get('.prog').classes()).toContain('stage-definition')
    expect(view.get('.facts').text()).toContain('1 blocked')
    expect(view.get('.meta').text()).toContain('Software')
    expect(view.get('.stack').text()).toContain('Owner: Mei Lindqvist')
    expect(view.findAll('.av').map((face) => face.text())).toEqual(['ML', 'IC', 'fo'])
  })

  test('wears the reason of a refusal and offers the next stage', async () => {
    const { view, board } = card()
    await board.move(project(), 'testing')
    expect(view.get('[role="alert"]').text()).toContain(
      'one stage forward at a time; Proof of concept is next',
    )
    expect(view.get('.why .lnk').text()).toBe('Move to Proof of concept')
    await view.get('[aria-label="Dismiss"]').trigger('click')
    expect(view.find('[role="alert"]').exists()).toBe(false)
  })

  test('is lifted by space and moved by the arrows; escape puts it back', async () => {
    const { view, board } = card({ stage: 'poc' })
    const grip = view.get('.grip')
    await grip.trigger('keydown', { key: ' ' })
    expect(grip.attributes('aria-pressed')).toBe('true')
    await grip.trigger('keydown', { key: 'ArrowRight' })
    await grip.trigger('keydown', { key: 'ArrowRight' })
    expect(board.held.value?.over).toBe('testing')
    expect(board.announcement.value).toContain('Development is next')
    await grip.trigger('keydown', { key: 'Escape' })
    expect(board.held.value).toBeUndefined()
  })

  test('is not lifted at its end of life or in an organization that is read only', async () => {
    for (const { view, board } of [card({ stage: 'end-of-life' }), card({}, { frozen: true })]) {
      await view.get('.grip').trigger('keydown', { key: ' ' })
      expect(board.held.value).toBeUndefined()
      expect(view.get('.mv').attributes('disabled')).toBeDefined()
    }
  })

  test('names who moved it', () => {
    const actor = { id: OTHER, type: 'human', display_name: 'Mei Lindqvist' }
    const { view } = card({}, { moved: { id: PROJECT, sequence: 4, actor } })
    expect(view.get('.moved').text()).toContain('Mei Lindqvist')
  })
})

describe('a column of a stage', () => {
  const columnOf = (stage: ProjectStage, projects: Project[]) =>
    h(ProjectColumn, { stage, projects, summaries: undefined, moves: new Map(), open_id: '', ...shared })
  const column = (stage: ProjectStage) => inBoard(() => columnOf(stage, []))

  test('that refuses the card in the hand says so before the drop', async () => {
    const { view, board } = column('testing')
    expect(view.get('.bcol').attributes('aria-label')).toBe('Testing, 0 projects')
    board.hold(project(), 'pointer')
    await nextTick()
    expect(view.get('.bcol').classes()).toContain('is-closed')
    expect(view.find('[role="tooltip"]').exists()).toBe(false)
    board.over('testing')
    await nextTick()
    expect(view.get('[role="tooltip"]').text()).toContain('Proof of concept is next')
  })

  test('that takes it shows the place', async () => {
    const { view, board } = column('poc')
    board.hold(project(), 'pointer')
    board.over('poc')
    await nextTick()
    expect(view.get('.bcol').classes()).toEqual(['bcol', 'is-target'])
    expect(view.find('.drop').exists()).toBe(true)
  })

  test('that is folded has name, count and a button; a card over it unfolds nothing', async () => {
    const folded = shallowReactive(new Set<string>(['poc']))
    const set = (place: string, to: boolean) => (to ? folded.add(place) : folded.delete(place))
    const folds = { offered: shallowRef(true), has: (place: string) => folded.has(place), set }
    const { view, board } = inBoard(() => columnOf('poc', [project({ stage: 'poc' })]), folds)
    const button = view.get('[aria-label="Proof of concept column"]')
    expect(button.attributes('aria-expanded')).toBe('false')
    expect(view.get('.bcol').attributes('aria-label')).toBe('Proof of concept, 1 project')
    expect([view.get('h2').text(), view.get('.count').text()]).toEqual(['Proof of concept', '1'])
    expect(view.findAll('.tcard').length).toBe(0)
    board.hold(project(), 'pointer')
    board.over('poc')
    await nextTick()
    expect(view.get('.bcol').classes()).toEqual(['bcol', 'is-folded', 'is-target'])
    board.cancel()
    await button.trigger('click')
    expect(button.attributes('aria-expanded')).toBe('true')
    expect(view.findAll('.tcard').length).toBe(1)
  })
})
