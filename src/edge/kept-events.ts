/**
 * Events after `after` and up to `until`, at most `limit`: from the ring of an owner on this node, if that holds all of them,
 * else from storage. The ring ends early once another node has taken the org: a part would pass for all that is stored.
 */
export async function keptOrStored<Event>(
  { after, until, limit }: { after: number; until: number; limit: number },
  kept: (count: number) => Promise<Event[] | null | undefined>,
  stored: () => Promise<Event[]>,
): Promise<Event[]> {
  const count = Math.min(limit, until - after)
  // An owner that fails, for example because it lost the org, has no ring.
  const found = await kept(count).catch(() => null)
  return found?.length === count ? found : await stored()
}
