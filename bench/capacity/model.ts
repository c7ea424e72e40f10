/**
 * How many nodes an installation needs, from figures of one node. A model: every figure is an assumption that `bun
 * bench/capacity/run.ts --check` or a row of `bun run bench` measures, and every formula is in this file.
 */

/** What the users of an installation do. */
export interface Demand {
  connections: number
  orgs: number
  /** Share of the orgs with somebody at work at the busiest time. */
  busy_share: number
  /** Messages and other changes of a busy org, per minute. */
  changes_per_minute: number
  /** Readers that a change reaches, of the connections of its org. */
  readers_share: number
}

/** What one node and its parts cost. CPU in microseconds of one core, memory in KiB. */
export interface Costs {
  node_base_mib: number
  /** Row `idle`: slope of the memory over open connections. */
  connection_kib: number
  /** Row `idle-orgs`, while they are used: permissions, heads and rings of an org with connections. */
  org_kib: number
  /** Row `idle`: CPU from the first byte of a request to `ready`. */
  connect_us: number
  /** Row `websocket`: a frame that is written to a socket of the node. */
  frame_us: number
  /** docs/performance.md, "CPU time of a stored message": the server's part, and PostgreSQL's. */
  change_us: number
  change_database_us: number
  /** Row `second-node`: a published batch that another node takes from Redis, judges and passes on. */
  relayed_us: number
  /** A heartbeat to one connection. */
  heartbeat_us: number
  heartbeat_seconds: number
}

/** Measured on two shared cores; see docs/performance.md. */
export const COSTS: Costs = {
  node_base_mib: 130,
  connection_kib: 10,
  org_kib: 24,
  connect_us: 500,
  frame_us: 1,
  change_us: 60,
  change_database_us: 60,
  relayed_us: 60,
  heartbeat_us: 6,
  heartbeat_seconds: 25,
}

/** What a node is given, and how much of it is used at the busiest time. */
export interface NodeSize {
  cores: number
  memory_mib: number
  utilization: number
}

export interface Capacity {
  nodes: number
  /** Which of the two decides. */
  bound: 'memory' | 'processor'
  connections_per_node: number
  memory_per_node_mib: number
  /** Cores in use on a node. */
  cores_per_node: number
  changes_per_second: number
  frames_per_second: number
  /** Messages that Redis passes on, per second. */
  relayed_per_second: number
  database_cores: number
  /** Seconds until the connections of a lost node are open on the others. */
  reconnect_seconds: number
}

/**
 * The event loop of a node is one thread: more than one core of it does not help the loop, so a machine with more cores runs
 * more nodes.
 */
const LOOP_CORES = 1

/** Smallest number of nodes that carries the demand. */
export function capacityFor(demand: Demand, size: NodeSize, costs: Costs = COSTS): Capacity {
  for (let nodes = 1; ; nodes = Math.ceil(nodes * 1.02) + (nodes < 50 ? 1 : 0)) {
    const one = withNodes(nodes, demand, costs)
    const memory_fits = one.memory_per_node_mib <= size.memory_mib * size.utilization
    const cores = Math.min(size.cores, LOOP_CORES)
    const cores_fit = one.cores_per_node <= cores * size.utilization
    if (memory_fits && cores_fit) {
      const memory_use = one.memory_per_node_mib / size.memory_mib
      return { ...one, bound: memory_use >= one.cores_per_node / cores ? 'memory' : 'processor' }
    }
    if (nodes > 100_000)
      throw new Error('No number of nodes carries this: a single org is too much for a node.')
  }
}

/** What each of so many nodes carries, connections spread evenly and without sticky sessions. */
export function withNodes(nodes: number, demand: Demand, costs: Costs = COSTS): Omit<Capacity, 'bound'> {
  const { connections, orgs, busy_share, changes_per_minute, readers_share } = demand
  const per_org = connections / orgs
  /** Nodes with at least one connection of an org: balls into bins. */
  const nodes_of_org = nodes * (1 - (1 - 1 / nodes) ** per_org)
  const changes_per_second = (orgs * busy_share * changes_per_minute) / 60
  const frames_per_second = changes_per_second * per_org * readers_share
  // The owner passes each batch once to every other node that has connections of the org.
  const relayed_per_second =
    nodes === 1 ? 0 : changes_per_second * Math.max(0, nodes_of_org * (1 - 1 / nodes))
  const heartbeats_per_second = connections / costs.heartbeat_seconds
  const cpu_us =
    changes_per_second * costs.change_us +
    frames_per_second * costs.frame_us +
    relayed_per_second * costs.relayed_us +
    heartbeats_per_second * costs.heartbeat_us
  const connections_per_node = connections / nodes
  const orgs_per_node = (orgs * nodes_of_org) / nodes
  const others = Math.max(1, nodes - 1)
  return {
    nodes,
    connections_per_node,
    memory_per_node_mib:
      costs.node_base_mib +
      (connections_per_node * costs.connection_kib + orgs_per_node * costs.org_kib) / 1024,
    cores_per_node: cpu_us / 1e6 / nodes,
    changes_per_second,
    frames_per_second,
    relayed_per_second,
    database_cores: (changes_per_second * costs.change_database_us) / 1e6,
    reconnect_seconds: (connections_per_node / others) * (costs.connect_us / 1e6),
  }
}
