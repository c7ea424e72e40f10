import { computed, type InjectionKey, inject, type MaybeRefOrGetter, provide, type Ref } from 'vue'
import { below } from '../base.ts'
import { useMembers } from './queries.ts'

const key: InjectionKey<Readonly<Ref<ReadonlyMap<string, string>>>> = Symbol('pictures of people')

/** Provides the pictures of the members of an org to the components below. */
export function provideAvatars(slug: MaybeRefOrGetter<string>): void {
  const { data: members } = useMembers(slug)
  provide(
    key,
    computed(
      () =>
        new Map(
          (members.value ?? []).flatMap(({ id, avatar_url }) =>
            avatar_url === undefined ? [] : [[id, below(avatar_url)] as const],
          ),
        ),
    ),
  )
}

/** Address of the picture of a member; undefined for anybody without one. */
export function useAvatar(): (id: string | null) => string | undefined {
  const pictures = inject(key, undefined)
  return (id) => pictures?.value.get(id ?? '')
}
