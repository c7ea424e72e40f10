import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Closed, Count, Nullable, OneOf, Text, Timestamp, Uuid } from './schema.ts'

/** One thing that was found. */
export const SearchResult = Closed({
  resource_type: OneOf(['project', 'task', 'message']),
  id: Uuid(),
  title: Text(LIMITS.task_title_max, {
    description: 'The name of a project, the title of a task, the sender of a message. Plain text.',
  }),
  snippet: Type.String({
    description:
      'A part of the text around what was found, escaped for HTML; `<mark>` around the words is its only markup.',
  }),
  rank: Type.Number({
    description:
      'Above 2 for a match in a title or name, 1 to 2 for one in a description, below 1 for a message, which loses by age.',
  }),
  project_ids: Type.Array(Uuid()),
  channel_id: Type.Optional(Uuid('Messages only.')),
  seq: Type.Optional(Count({ minimum: 1, description: 'Messages only: the place in the channel.' })),
  created_at: Timestamp(),
})
export type SearchResult = Static<typeof SearchResult>

export const SearchCounts = Closed(
  { projects: Count(), tasks: Count(), messages: Count() },
  {
    description: `What each type has, whichever types were asked for. Counting ends at ${LIMITS.search_matches_max}: that many or more.`,
  },
)
export type SearchCounts = Static<typeof SearchCounts>

export const SearchAnswer = Closed({
  data: Type.Array(SearchResult),
  counts: SearchCounts,
  pagination: Closed({ page: Count(), per_page: Count(), total: Count(), total_pages: Count() }),
  as_of: Nullable(
    Uuid(
      'Given back with the next page, it leaves out what was made since: pages neither repeat nor skip while people write. Null when nothing was found.',
    ),
  ),
  did_you_mean: Nullable(
    Type.String({
      description:
        'When nothing was found: the same search with words spelled as in texts that the caller may read, if that finds something.',
    }),
  ),
})
export type SearchAnswer = Static<typeof SearchAnswer>
