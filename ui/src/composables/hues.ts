import { computed, type InjectionKey, inject, type MaybeRefOrGetter, provide, type Ref } from 'vue'
import { assignHues, type Hue, hueOf } from '../components/base/identity.ts'
import { useMembers } from './queries.ts'

const key: InjectionKey<Readonly<Ref<ReadonlyMap<string, Hue>>>> = Symbol('colours of people')

/** Lets every avatar below this component have a colour that no other of the org's first members has. */
export function provideHues(slug: MaybeRefOrGetter<string>): void {
  const { data: members } = useMembers(slug)
  provide(
    key,
    computed(() =>
      assignHues((members.value ?? []).filter(({ type }) => type === 'human').map(({ id }) => id)),
    ),
  )
}

/** The colour of a person; outside of an org, or of somebody who is not in it, the one of the id. */
export function useHue(): (id: string | null) => Hue {
  const hues = inject(key, undefined)
  return (id) => hues?.value.get(id ?? '') ?? hueOf(id)
}
