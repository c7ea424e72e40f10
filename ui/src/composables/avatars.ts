import {
  computed,
  type InjectionKey,
  inject,
  type MaybeRefOrGetter,
  provide,
  type Ref,
  shallowReactive,
} from 'vue'
import { bearer, credentials } from '../api/http.ts'
import { atServer } from '../base.ts'
import { wrapped } from '../platform/wrapped.ts'
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
            avatar_url === undefined ? [] : [[id, atServer(avatar_url)] as const],
          ),
        ),
    ),
  )
}

/** Address of the picture of a member; undefined for anybody without one. */
export function useAvatar(): (id: string | null) => string | undefined {
  const pictures = inject(key, undefined)
  return (id) => {
    const address = pictures?.value.get(id ?? '')
    return address !== undefined && wrapped() ? fetchedPicture(address) : address
  }
}

/** Pictures that a wrapped app holds; people beyond have initials. */
const FETCHED_MAX = 500
const asked = new Set<string>()
const fetched = shallowReactive(new Map<string, string>())

/** In a wrapped app the browser cannot load a picture by itself: that takes the session, which is no cookie. */
function fetchedPicture(address: string): string | undefined {
  if (!asked.has(address) && asked.size < FETCHED_MAX) {
    asked.add(address)
    fetch(address, { headers: bearer(), ...credentials() })
      .then(async (answer) => answer.ok && fetched.set(address, URL.createObjectURL(await answer.blob())))
      // Without a connection there are initials; asked for again when it is drawn anew.
      .catch(() => asked.delete(address))
  }
  return fetched.get(address)
}
