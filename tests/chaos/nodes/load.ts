import type { Fact } from '../history.ts'
import { pick, type Random, randomFrom } from '../random.ts'
import type { Target } from '../target.ts'
import { RestWriter, TRANSITION_OF, type Try, type Writer, WsWriter } from '../writers.ts'
import { CallWriter } from './call-writer.ts'
import type { ActorsNode } from './node.ts'
import { type ChaosOrg, channelsOf } from './orgs.ts'
import { type Stage, targetOf } from './stage.ts'

/** Of one writer, at the same time. */
const LOOPS = 4
const PAUSE_MS_MIN = 100
const PAUSE_MS_MAX = 300

/** A change with the time from its first try to its acknowledgement. */
export interface Wait {
  mark: string
  sent_at: number
  acked_at: number
}

/** Writers of one run: closed loops, so that they wait with a service that is away. */
export class Load {
  readonly facts: Fact[] = []
  readonly waits: Wait[] = []
  /** Every request over REST. */
  readonly tries: Try[] = []
  acknowledged = 0
  #writing = true
  readonly #writers: Writer[] = []
  readonly #loops: Promise<void>[] = []

  constructor(stage: Stage, { writers, callers }: { writers: number; callers: number }, seed: number) {
    const orgOf = (o: number) => stage.orgs[o % stage.orgs.length]!
    for (let w = 0; w < writers; w++) {
      const random = randomFrom(seed + 7_919 * (w + 1))
      const desks = [w, w * 3 + 1].map((o) => this.#desk(stage, orgOf(o), w, random))
      this.#start(desks, `w${w}`, random)
    }
    for (const [n, node] of stage.actors_nodes.entries())
      for (let c = 0; c < callers; c++) {
        const random = randomFrom(seed + 15_485_863 * (n * callers + c + 1))
        const desks = [c * 2, c * 2 + 1].map((o) => this.#callerDesk(stage, orgOf(o), node, c, random))
        this.#start(desks, `d${n}c${c}`, random)
      }
  }

  #start(desks: Desk[], name: string, random: Random): void {
    for (let l = 0; l < LOOPS; l++) this.#loops.push(this.#loop(desks, `${name}l${l}`, random))
  }

  /** Resolves when nothing is being sent any more; what is still unanswered after a long silence stays so. */
  async end(silence_ms: number): Promise<void> {
    this.#writing = false
    const loops = Promise.all(this.#loops)
    let ended = false
    void loops.then(() => {
      ended = true
    })
    for (let last = -1, since = performance.now(); !ended && performance.now() - since < silence_ms; ) {
      await Promise.race([loops, Bun.sleep(200)])
      if (this.acknowledged === last) continue
      last = this.acknowledged
      since = performance.now()
    }
    for (const writer of this.#writers) writer.stop()
    await loops
  }

  /** Even writers use REST, odd ones a WebSocket; each is one person in each of its orgs. */
  #desk(stage: Stage, org: ChaosOrg, w: number, random: Random): Desk {
    const is_inside = w % 4 < 2
    const target = targetOf(stage, org, is_inside, random)
    const rest = new RestWriter(target, (one) => this.tries.push(one))
    const writer = w % 2 === 0 ? rest : new WsWriter(target)
    this.#writers.push(rest, writer)
    return { target, channels: channelsOf(org, is_inside), rest, writer }
  }

  /** Callers inside a node without HTTP; each is one person in each of its orgs. */
  #callerDesk(stage: Stage, org: ChaosOrg, node: ActorsNode, c: number, random: Random): Desk {
    const is_inside = c % 2 === 0
    const target = targetOf(stage, org, is_inside, random)
    const rest = new RestWriter(target, (one) => this.tries.push(one))
    const principal = is_inside ? org.principals.inside : org.principals.outside
    const writer = new CallWriter(node, principal, rest)
    this.#writers.push(rest, writer)
    return { target, channels: channelsOf(org, is_inside), rest, writer }
  }

  async #loop(desks: Desk[], name: string, random: Random): Promise<void> {
    const tasks = new Map<Desk, Task>()
    for (let n = 0; this.#writing; n++) {
      const desk = pick(random, desks)
      await this.#one(desk, `${name} ${n} in ${desk.target.org}`, tasks, random)
      await Bun.sleep(PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN))
    }
  }

  async #one(desk: Desk, mark: string, tasks: Map<Desk, Task>, random: Random): Promise<void> {
    const chance = random()
    const task = tasks.get(desk)
    const { org_id } = desk.target
    if (chance < 0.85 || desk.writer !== desk.rest) {
      const channel_id = pick(random, desk.channels)
      await this.#send(desk, { org_id, kind: 'message', mark, channel_id, acks: [] }, random)
    } else if (chance < 0.91 || !task) {
      const fact: Fact = { org_id, kind: 'task', mark, channel_id: null, acks: [] }
      await this.#send(desk, fact, random)
      const [ack] = fact.acks
      if (ack) tasks.set(desk, { id: ack.id, status: 'backlog' })
    } else {
      const fact: Fact = { org_id, kind: 'transition', mark, channel_id: null, acks: [] }
      const to_status = task.status === 'backlog' ? 'in-progress' : 'backlog'
      TRANSITION_OF.set(fact, { task_id: task.id, to_status })
      await this.#send(desk, fact, random)
      if (fact.acks.length > 0) task.status = to_status
    }
  }

  /** Once, or twice at the same time, or again after the answer: whatever way, it must have one effect. */
  async #send({ writer, rest }: Desk, fact: Fact, random: Random): Promise<void> {
    this.facts.push(fact)
    const chance = random()
    const sent_at = performance.now()
    await (chance < 0.05 ? Promise.all([writer.send(fact), rest.send(fact)]) : writer.send(fact))
    if (fact.acks.length > 0) {
      this.acknowledged++
      this.waits.push({ mark: fact.mark, sent_at, acked_at: performance.now() })
    }
    if (chance > 0.9 && fact.refused === undefined) await rest.send(fact)
  }
}

/** One writer in one org. */
interface Desk {
  target: Target
  channels: string[]
  rest: RestWriter
  writer: Writer
}

interface Task {
  id: string
  status: 'backlog' | 'in-progress'
}
