import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { useMay } from '../../composables/may.ts'
import { useMe } from '../../composables/queries.ts'
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
  { action: 'task', title: 'New task', icon: 'plus', words: 'create add', keys: ['C'] },
  { action: 'channel', title: 'New channel', icon: 'plus', words: 'create add room' },
  { action: 'project', title: 'New project', icon: 'plus', words: 'create add' },
  { action: 'invite', title: 'Invite person', icon: 'user', words: 'add member people human' },
  { action: 'agent', title: 'Add agent', icon: 'agent', words: 'new member key connect' },
  { action: 'org', title: 'New organization', icon: 'plus', words: 'create add' },
  { action: 'names', title: 'Change your name or username', icon: 'edit', words: 'profile account' },
  { action: 'picture', title: 'Change your picture', icon: 'image', words: 'avatar photo profile account' },
  { action: 'email', title: 'Change e-mail', icon: 'at', words: 'address account security' },
  { action: 'password', title: 'Change password', icon: 'key', words: 'account security' },
  {
    action: 'identities',
    title: 'Sign-in methods',
    icon: 'link',
    words: 'account provider google github security',
  },
  {
    action: 'second_factor',
    title: 'Second factor',
    icon: 'shield',
    words: 'two-step authenticator totp recovery codes account security',
  },
  { action: 'passkeys', title: 'Passkeys', icon: 'user', words: 'webauthn fingerprint account security' },
  { action: 'sessions', title: 'Sessions', icon: 'eye', words: 'devices account security' },
  { action: 'shortcuts', title: 'Keyboard shortcuts', icon: 'info', words: 'keys help', keys: ['?'] },
  { action: 'sign_out', title: 'Sign out', icon: 'out', words: 'log out leave' },
]

const THEMES: readonly { choice: ThemeChoice; title: string }[] = [
  { choice: 'light', title: 'Light theme' },
  { choice: 'dark', title: 'Dark theme' },
  { choice: 'system', title: 'Theme of the system' },
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
        group: 'Do',
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
        group: 'Do',
        look: { icon: 'eye' },
        title,
        words: 'appearance colours mode',
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
            group: 'Do',
            look: { icon: 'sidebar' },
            title: shell.folded ? 'Show sidebar' : 'Collapse sidebar',
            words: 'fold expand navigation',
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
          group: 'Go to',
          look: { icon: 'updown' },
          title: `Switch to ${isolate(org.name)}`,
          words: 'organization',
          does: { open: paths.org(org.slug) },
        }),
      ),
  )
  const connect = computed((): Entry[] =>
    may.value('agent')
      ? [
          {
            id: 'do-connect',
            group: 'Do',
            look: { icon: 'agent' },
            title: 'Connect an agent',
            words: 'bridge openclaw gateway key',
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
