import { computed, type InjectionKey, inject, type MaybeRefOrGetter, provide, type Ref } from 'vue'
import { assignHues, type Hue, hueOf } from '../components/base/identity.ts'
import { useMembers } from './queries.ts'

const key: InjectionKey<Readonly<Ref<ReadonlyMap<string, Hue>>>> = Symbol('colours of people')

/** Provides the avatar colours of an org to the components below; the first six members have different ones. */
export function provideHues(slug: MaybeRefOrGetter<string>): void {
  const { data: members } = useMembers(slug)
  provide(
    key,
    computed(() =>
      assignHues((members.value ?? []).filter(({ type }) => type === 'human').map(({ id }) => id)),
    ),
  )
}

/** The avatar colour of a user. Outside of an org, or for a non-member, it depends on the id alone. */
export function useHue(): (id: string | null) => Hue {
  const hues = inject(key, undefined)
  return (id) => hues?.value.get(id ?? '') ?? hueOf(id)
}
