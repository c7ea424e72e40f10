import type { Voice } from './conversation.ts'
import type { ProjectKey } from './work.ts'

type Line = readonly [Voice, string]

/** What was said in the channels of the projects. */
export const IN_PROJECTS: Partial<Record<ProjectKey, readonly Line[]>> = {
  sync: [
    ['tomasz', 'Crews on 4.2.1 have caught up. I go on with the clock skew.'],
    ['ines', '@forge how far is _Resume uploads after an app kill_?'],
    [
      'forge',
      'In review, pull request 418. `test_results` are still missing, @probe has the phones.\n\n```ts\nawait queue.index.load()\nawait queue.resumePending(unstored)\n```',
    ],
    ['probe', 'Running it on three phone models. 50 kills each, results in a quarter of an hour.'],
    ['tomasz', '@ines-carvalho the banner should name what is waiting, not only count it.'],
  ],
  reports: [
    ['tomasz', 'One column is ready to look at. It needs a link to the texts before it can be complete.'],
    ['probe', 'Signature pad: 2 of 2 pieces of evidence are there, ready for @ines-carvalho.'],
  ],
  accounts: [
    ['ines', 'What does “synced” mean to a crew? Uploaded, or seen by the office?'],
    ['forge', 'Invite codes work on paper. Three open questions are in the task.'],
  ],
  pipeline: [
    ['probe', 'Median upload on 3G: 41 s for 12 photos. It was 96 s.'],
    ['tomasz', 'That is the difference between lunch and no lunch. Thank you.'],
  ],
  api: [['probe', 'Examples for webhooks are in. Every one of them runs each night.']],
  launch: [['ines', 'Training week is set: the second week of March. Rooms are booked in Innsbruck.']],
}

/** Other channels of the whole org. */
export const ORG_WIDE: readonly { name: string; lines: readonly Line[] }[] = [
  {
    name: 'releases',
    lines: [
      ['forge', '4.2.0 is at 100 %.'],
      ['forge', '4.2.1 is at 10 %: upload index, kill during an upload.'],
      ['tomasz', 'Upload rate is up by a third, no new errors.'],
      ['forge', '4.2.1 is at 100 %.'],
    ],
  },
  {
    name: 'support-desk',
    lines: [
      [
        'tomasz',
        'Three crews asked about _Waiting to sync_ since seven. Answer: nothing is lost, a fix comes today.',
      ],
      ['ines', 'The first crew wrote back: “it all went through while I had lunch”.'],
      ['tomasz', 'Two more crews with the same banner, both on 4.2.0. I told them to update.'],
    ],
  },
]
