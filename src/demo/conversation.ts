/** Speaker of a line of the demo conversation. */
export type Voice = 'ines' | 'tomasz' | 'forge' | 'probe'

/** Fifty messages of an ordinary day: people decide, agents work, evidence turns up. */
export const CONVERSATION: readonly (readonly [Voice, string])[] = [
  [
    'ines',
    'Good morning. Three crews have been stuck on _Waiting to sync_ since seven. Anybody seen this before?',
  ],
  ['tomasz', 'Yes, once, after the phone killed the app in the tunnel at Brenner. We never found out why.'],
  ['ines', '@forge does the upload queue forget entries when the phone kills the app?'],
  [
    'forge',
    'Looking at `src/sync/queue.ts`. Entries are written before the upload starts, so they should survive a kill.',
  ],
  [
    'forge',
    'They do survive. But `resumePending()` runs before the upload index is loaded, so last session’s entries look stored.',
  ],
  ['tomasz', 'So they sit there until the next full scan.'],
  ['forge', 'Right. The next full scan is once a day, at three in the morning.'],
  ['ines', '@probe please write a test that shows it either way.'],
  [
    'probe',
    'On it. Plan: start the app with twelve photos queued, kill it after the fourth upload, start again, count.',
  ],
  [
    'probe',
    'Reproduced. 12 queued, 4 uploaded, killed, restarted: 4 uploaded, 0 pending, 8 forgotten until the scan.',
  ],
  ['tomasz', 'Thank you. That is exactly what the crews see.'],
  ['ines', 'How many crews could be in this state right now?'],
  [
    'forge',
    'From the server’s side: 17 devices have photos announced and not uploaded for more than an hour.',
  ],
  [
    'ines',
    'I will call the three that complained. @tomasz-nowak can you tell the others that nothing is lost?',
  ],
  ['tomasz', 'Doing it now. “Your photos are on the phone, leave the app installed, a fix comes today.”'],
  [
    'forge',
    'Fix, three lines:\n\n```ts\nawait queue.index.load() // was after resumePending\nconst left = queue.index.filter((entry) => entry.state !== "stored")\nawait queue.resumePending(left)\n```',
  ],
  [
    'probe',
    'With the fix: 12 queued, 4 uploaded, killed, restarted: 12 uploaded. Ran it 50 times, 50 of 50.',
  ],
  ['tomasz', 'What happens when the index itself is half-written at the kill?'],
  ['probe', 'Good question. I did not cover that. Adding a test that cuts the index file at every byte.'],
  [
    'probe',
    'Of 3,412 cuts, 3,410 recover. Two do not: a cut inside a multi-byte character of a photo’s name.',
  ],
  [
    'forge',
    'Those two fail because the reader throws instead of treating the line as missing. I can make it skip and re-queue.',
  ],
  ['ines', 'Please do. Re-queueing a photo twice is fine, losing one is not.'],
  [
    'forge',
    'Done. A broken line counts as “unknown”, and unknown is uploaded again; the server drops the duplicate by its hash.',
  ],
  ['probe', '3,412 of 3,412 now.'],
  ['ines', 'Lovely. Who reviews?'],
  ['tomasz', 'I do. Give me half an hour, I want to read the index code once in full.'],
  [
    'tomasz',
    'One remark: the banner says “Waiting to sync” for both waiting and unknown. People will call us again.',
  ],
  ['ines', 'Agreed. The banner should name what is waiting, not only count it.'],
  ['forge', 'I can show “8 photos of Brenner tunnel wait for a signal”. The site’s name is in the entry.'],
  ['ines', 'Yes, exactly that sentence.'],
  ['tomasz', 'Make that a separate task, please. I want the fix out today without new text in it.'],
  ['ines', 'Fair. Made a task for the banner and one for the clock skew you mentioned last week.'],
  ['tomasz', 'Review done, two small remarks, otherwise good.'],
  [
    'forge',
    'Both addressed: renamed `left` to `unstored`, and the loop now stops at the first network error instead of trying all.',
  ],
  ['probe', 'Suite after the changes: 412 passed, 0 failed, 38 s.'],
  ['ines', 'Then out with it. 10 % first?'],
  ['tomasz', '10 %, and I watch the upload rate for an hour.'],
  ['forge', 'Version 4.2.1 is at 10 %.'],
  ['tomasz', 'Of the 17 devices two have the new version already. Both have caught up.'],
  ['ines', 'The first crew just wrote: “it all went through while I had lunch”. That is how I like it.'],
  ['tomasz', 'Upload rate is up by a third, no errors beyond the usual. Going to 100 %.'],
  ['forge', 'Version 4.2.1 is at 100 %.'],
  ['probe', 'I added the kill test to the nightly run, with the phone models that the three crews use.'],
  ['ines', 'Could that test have found it before us?'],
  ['probe', 'Yes. We tested kills during an upload and starts with a full queue, never one after the other.'],
  ['tomasz', 'I will write that down for the next review: pairs of faults, not single ones.'],
  ['ines', 'Good. @forge please tell us when the last of the 17 has caught up.'],
  ['forge', '16 of 17. The last one is a phone that has been off since Monday.'],
  ['tomasz', 'That is Marta’s. She is on holiday and I envy her.'],
  ['ines', 'Then we are done for today. Thank you, all four of you.'],
]
