import type { Channel } from '@contracts/resources.ts'
import type { Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { LETTERED } from '../components/shell/places.ts'
import { focusSearch } from '../components/shell/search-focus.ts'
import { paths } from '../paths.ts'
import { useActions } from '../stores/actions.ts'
import { useShell } from '../stores/shell.ts'
import { useCommandKey, useHotkey, useKeySequence } from './hotkeys.ts'
import { useMay } from './may.ts'

/** Whether a channel asks for attention. */
const isCalling = ({ muted, unread_count, mention_count }: Channel) =>
  (muted ? mention_count : unread_count) > 0

/** The keys that work on every page of an org. Answers whether the second key of a sequence is awaited. */
export function useShellKeys(
  slug: () => string,
  channels: Readonly<Ref<readonly Channel[] | undefined>>,
): Readonly<Ref<boolean>> {
  const route = useRoute()
  const router = useRouter()
  const shell = useShell()
  const actions = useActions()
  const may = useMay(slug)

  /** The channels in the order of the sidebar, from the one behind the current one on. */
  function channelsAhead(): readonly Channel[] {
    const list = channels.value ?? []
    const at = list.findIndex(({ id }) => id === route.params.channel_id)
    return [...list.slice(at + 1), ...list.slice(0, at + 1)]
  }
  /** The one before the current channel; the last one without a current channel. */
  function channelBefore(): Channel | undefined {
    const list = channels.value ?? []
    const at = list.findIndex(({ id }) => id === route.params.channel_id)
    return list.at(at < 0 ? -1 : at - 1)
  }
  function open(channel: Channel | undefined) {
    if (channel) void router.push(paths.channel(slug(), channel.id))
  }

  useHotkey('Alt+ArrowDown', () => open(channelsAhead()[0]))
  useHotkey('Alt+ArrowUp', () => open(channelBefore()))
  useHotkey('Alt+Shift+ArrowDown', () => open(channelsAhead().find(isCalling)))

  useHotkey('[', () => {
    shell.folded = !shell.folded
  })
  useHotkey('?', () => actions.ask('shortcuts'))
  useHotkey('c', () => {
    if (may.value('task')) actions.ask('task')
  })
  const openPalette = () => {
    actions.palette = true
  }
  useHotkey('/', () => {
    if (!focusSearch()) void router.push(paths.search(slug()))
  })
  useCommandKey('k', openPalette)
  return useKeySequence(
    'g',
    Object.fromEntries(LETTERED.map(({ letter, path }) => [letter, () => void router.push(path(slug()))])),
  )
}
