import { CommandRunner } from '../delivery/command-runner.ts'
import type { Identity } from '../delivery/ids.ts'
import { Lanes } from '../delivery/lanes.ts'
import { OpenRow } from '../delivery/open-row.ts'
import { Outbox } from '../delivery/outbox.ts'
import { Reports } from '../delivery/reports.ts'
import { type Effect, reportOf } from '../delivery/steps.ts'
import { TurnRunner } from '../delivery/turn-runner.ts'
import { TurnWaits } from '../delivery/turn-waits.ts'
import { type Workers, walk } from '../delivery/walk.ts'
import type { GatewayEvent } from '../gateway/port.ts'
import type { OutboundError } from '../health/metrics.ts'
import { sessionKey, subAgentOf } from '../relay/session-keys.ts'
import { split } from '../relay/split.ts'
import type { KeyRefused } from '../server/port.ts'
import type { Row } from '../state/port.ts'
import { Ears } from './ears.ts'
import type { LifePorts } from './life.ts'
import type { CommandFate, RowMaker } from './rows.ts'
import type { SessionKeeper } from './session-keeper.ts'
import type { SubAgents } from './sub-agents.ts'

/** What is counted of a delivery. */
export interface DeliveryEvents {
  onPosted(row: Row): void
  onPostFailed(why: OutboundError): void
  onCommand(fate: CommandFate): void
}

/** The delivery of one agent: its lanes with all that works on rows, and the events of its sessions. */
export class AgentDelivery {
  readonly #ports: LifePorts
  readonly #rows: RowMaker
  readonly #waits = new TurnWaits()
  readonly #reports: Reports
  readonly #ears: Ears
  readonly #workers: Workers
  readonly #lanes: Lanes
  readonly #again: Workers['again']

  constructor(
    ports: LifePorts,
    rows: RowMaker,
    sessions: SessionKeeper,
    subAgents: SubAgents,
    again: Workers['again'],
    onKeyRefused: (error: KeyRefused) => void,
    signal: AbortSignal,
  ) {
    const { config, server, clock, random, limits, log } = ports
    const identity: Identity = { org_slug: config.org_slug, agent: config.name }
    const background = { clock, random, onKeyRefused, failed: log.failed }
    this.#ports = ports
    this.#again = again
    this.#rows = rows
    this.#reports = new Reports({ ...background, server }, signal)
    this.#ears = new Ears(
      {
        ...ports,
        identity,
        waits: this.#waits,
        typing: (session, channel_id) => {
          const sub_agent_id = subAgentOf(session)
          if (sub_agent_id === undefined) server.typing(channel_id)
          else subAgents.typing(sub_agent_id, channel_id)
        },
        onSpeech: (row) => this.push(row),
        alarm: (problem) => log.error(problem),
        failed: log.failed,
      },
      signal,
    )
    this.#workers = this.#makeWorkers(identity, sessions, subAgents)
    this.#lanes = new Lanes(
      {
        ...background,
        limits,
        walk: (open, until) => walk(open, this.#workers, until),
        onEnded: (open) => this.#workers.turns.release(open.row, null),
      },
      signal,
    )
  }

  #makeWorkers(identity: Identity, sessions: SessionKeeper, subAgents: SubAgents): Workers {
    const runner = {
      ...this.#ports,
      identity,
      waits: this.#waits,
      sessionKey,
      generation: (session: string) => sessions.generation(session),
    }
    const { server, gateway, onPosted, onPostFailed } = this.#ports
    return {
      turns: new TurnRunner({
        ...runner,
        prompt: async (row) =>
          row.kind === 'sub_agent'
            ? { text: await subAgents.briefing(row), primed_seq: null }
            : await sessions.prompt(row),
        systemPrompt: (row) => sessions.systemPrompt(row),
        prepare: async (row, key) => {
          if (row.kind !== 'sub_agent') return {}
          const { timeout_seconds, ...session } = await subAgents.plan(row)
          await gateway.createSession({ key, ...session })
          return { timeout_seconds }
        },
        onAnswered: (answer) => this.#ears.answered(answer),
        onSpeech: (finals) => {
          for (const final of finals) void this.#ears.speak(final)
        },
      }),
      commands: new CommandRunner({
        ...runner,
        wayOf: (row) => this.#rows.wayOf(row),
        senderOf: (row) => this.#rows.senderOf(row),
      }),
      outbox: new Outbox({
        identity,
        post: (row, message) =>
          subAgentOf(row.session) === undefined
            ? server.post(row.channel_id, message)
            : subAgents.post(row, message),
        split,
        onPosted,
        onFailed: onPostFailed,
      }),
      reports: this.#reports,
      sub_agents: {
        during: (row, signal, work) => subAgents.during(row, signal, work),
        end: (row) => subAgents.end(row),
        over: ({ session }) => sessions.endSession(session),
      },
      again: this.#again,
    }
  }

  /** Rows that wait or are worked on. */
  get depth(): number {
    return this.#lanes.depth
  }

  /** Turns that the gateway has now. */
  get working(): number {
    return this.#lanes.count(({ step, kind }) => step === 'accepted' && kind !== 'command')
  }

  /** Sub-agents that are not over. */
  get sub_agents(): number {
    return this.#lanes.count(({ kind }) => kind === 'sub_agent')
  }

  /** Claims the session of a row of an earlier life, before events of it are heard. */
  claim(row: Row): void {
    if (row.step === 'submitted' || row.step === 'accepted') this.#workers.turns.claim(row)
  }

  /** Takes a row to its lane; the server is told in which state it is. */
  push(row: Row): void {
    const { state, crash } = this.#ports
    if (row.kind === 'command' && row.step === 'received') this.#ports.onCommand(this.#rows.fateOf(row))
    // The end of a row of an earlier life is reported in its lane.
    const report = row.step === 'posted' ? null : reportOf(row)
    if (report) this.#reports.note(row, report)
    const onEffect = (at: Row, effect: Effect) => this.#follow(at, effect)
    this.#lanes.push(this.#rows.laneOf(row), new OpenRow(row, { state, crash, onEffect }))
  }

  hear(event: GatewayEvent): void {
    this.#ears.hear(event)
  }

  /** The connection to the gateway ended: turns under way are asked for when it is back. */
  gatewayLost(): void {
    this.#waits.lost()
  }

  /** What rows wait for may be there again. */
  wake(): void {
    this.#lanes.wake()
  }

  /** Resolves when every lane has ended, after the signal aborted. */
  async ended(): Promise<void> {
    await this.#lanes.ended()
  }

  #follow(row: Row, effect: Effect): void {
    if (effect.do === 'report') this.#reports.note(row, effect)
    else {
      this.#ports.onPostFailed('gave_up')
      this.#ports.log.error('A row was given up.', { row_id: row.id, reason: effect.reason })
    }
  }
}
