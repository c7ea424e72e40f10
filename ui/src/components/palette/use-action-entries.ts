import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { useMay } from '../../composables/may.ts'
import { useMe } from '../../composables/queries.ts'
import { t } from '../../i18n/index.ts'
import { paths } from '../../paths.ts'
import { type Action, useActions } from '../../stores/actions.ts'
import { useShell } from '../../stores/shell.ts'
import { type ThemeChoice, useTheme } from '../../stores/theme.ts'
import { isolate } from '../base/isolate.ts'
import type { Entry } from './entries.ts'

interface Dialog {
  action: Action
  title: string
  icon: string
  words?: string
  keys?: readonly string[]
}

const DIALOGS: readonly Dialog[] = [
  {
    action: 'task',
    title: t('shell.shortcuts.task'),
    icon: 'plus',
    words: t('shell.palette.words.create'),
    keys: ['C'],
  },
  {
    action: 'channel',
    title: t('shell.channel.title'),
    icon: 'plus',
    words: t('shell.palette.words.channel'),
  },
  {
    action: 'project',
    title: t('shell.palette.do.project'),
    icon: 'plus',
    words: t('shell.palette.words.create'),
  },
  {
    action: 'invite',
    title: t('shell.palette.do.invite'),
    icon: 'user',
    words: t('shell.palette.words.invite'),
  },
  {
    action: 'agent',
    title: t('shell.palette.do.agent'),
    icon: 'agent',
    words: t('shell.palette.words.agent'),
  },
  { action: 'org', title: t('gate.new_org.title'), icon: 'plus', words: t('shell.palette.words.create') },
  {
    action: 'names',
    title: t('shell.palette.do.names'),
    icon: 'edit',
    words: t('shell.palette.words.names'),
  },
  {
    action: 'picture',
    title: t('shell.palette.do.picture'),
    icon: 'image',
    words: t('shell.palette.words.picture'),
  },
  { action: 'email', title: t('account.email.title'), icon: 'at', words: t('shell.palette.words.email') },
  {
    action: 'password',
    title: t('account.password.title'),
    icon: 'key',
    words: t('shell.palette.words.password'),
  },
  {
    action: 'identities',
    title: t('account.identities.title'),
    icon: 'link',
    words: t('shell.palette.words.identities'),
  },
  {
    action: 'second_factor',
    title: t('account.factor.title'),
    icon: 'shield',
    words: t('shell.palette.words.factor'),
  },
  {
    action: 'passkeys',
    title: t('account.passkeys.title'),
    icon: 'user',
    words: t('shell.palette.words.passkeys'),
  },
  {
    action: 'sessions',
    title: t('account.sessions.title'),
    icon: 'eye',
    words: t('shell.palette.words.sessions'),
  },
  {
    action: 'shortcuts',
    title: t('shell.shortcuts.title'),
    icon: 'info',
    words: t('shell.palette.words.shortcuts'),
    keys: ['?'],
  },
  { action: 'sign_out', title: t('common.sign_out'), icon: 'out', words: t('shell.palette.words.sign_out') },
]

const THEMES: readonly { choice: ThemeChoice; title: string }[] = [
  { choice: 'light', title: t('shell.palette.do.light') },
  { choice: 'dark', title: t('shell.palette.do.dark') },
  { choice: 'system', title: t('shell.palette.do.system') },
]

/** What the reader may do here. */
export function useActionEntries(slug: MaybeRefOrGetter<string>, options: { sidebar: () => boolean }) {
  const may = useMay(slug)
  const actions = useActions()
  const shell = useShell()
  const theme = useTheme()
  const { data: me } = useMe()

  const dialogs = computed(() =>
    DIALOGS.filter(({ action }) => may.value(action)).map(
      ({ action, icon, ...rest }): Entry => ({
        id: `do-${action}`,
        group: 'do',
        look: { icon },
        ...rest,
        does: { run: () => actions.ask(action) },
      }),
    ),
  )
  const themes = computed(() =>
    THEMES.filter(({ choice }) => choice !== theme.choice).map(
      ({ choice, title }): Entry => ({
        id: `theme-${choice}`,
        group: 'do',
        look: { icon: 'eye' },
        title,
        words: t('shell.palette.words.theme'),
        does: {
          run: () => {
            theme.choice = choice
          },
        },
      }),
    ),
  )
  const sidebar = computed((): Entry[] =>
    options.sidebar()
      ? [
          {
            id: 'do-sidebar',
            group: 'do',
            look: { icon: 'sidebar' },
            title: shell.folded ? t('shell.sidebar.show') : t('shell.palette.do.collapse'),
            words: t('shell.palette.words.sidebar'),
            keys: ['['],
            does: {
              run: () => {
                shell.folded = !shell.folded
              },
            },
          },
        ]
      : [],
  )
  const orgs = computed(() =>
    (me.value?.memberships ?? [])
      .filter(({ org }) => org.slug !== toValue(slug))
      .map(
        ({ org }): Entry => ({
          id: `org-${org.id}`,
          group: 'go',
          look: { icon: 'updown' },
          title: t('shell.palette.do.switch', { org: isolate(org.name) }),
          words: t('shell.palette.words.org'),
          does: { open: paths.org(org.slug) },
        }),
      ),
  )
  const connect = computed((): Entry[] =>
    may.value('agent')
      ? [
          {
            id: 'do-connect',
            group: 'do',
            look: { icon: 'agent' },
            title: t('shell.palette.do.connect'),
            words: t('shell.palette.words.connect'),
            does: { open: paths.connect(toValue(slug)) },
          },
        ]
      : [],
  )
  return computed(() => [
    ...orgs.value,
    ...connect.value,
    ...dialogs.value,
    ...sidebar.value,
    ...themes.value,
  ])
}
