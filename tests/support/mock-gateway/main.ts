/**
 * The mock gateway as a program, so that it can be killed. Environment: `PORT`, `TOKEN`, `FOLDER`, `FAULTS` (JSON), `AGENTS` (names, separated by commas). Its
 * first line of output is `{"port":…}`. `GET /turns`, `GET /sessions`, `POST /faults`, `POST /approve`, `POST /announce`, `POST /open` (a gate) and `POST /drop` of
 * the control port steer it, which that line names as `control`.
 */
import { Gates } from './gates.ts'
import { MockGateway } from './gateway.ts'

const { PORT, TOKEN, FOLDER, FAULTS, AGENTS } = process.env
const gates = new Gates()
const gateway = new MockGateway({
  gates,
  ...(PORT ? { port: Number(PORT) } : {}),
  ...(TOKEN ? { token: TOKEN } : {}),
  ...(FOLDER ? { folder: FOLDER } : {}),
  ...(AGENTS ? { agents: AGENTS.split(',') } : {}),
  faults: JSON.parse(FAULTS ?? '{}'),
})

const control = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  routes: {
    '/turns': () => Response.json(gateway.turns),
    '/sessions': () => Response.json(gateway.sessions),
    '/connections': () => Response.json(gateway.connections),
    '/requests': () => Response.json(gateway.pairing_requests),
    '/faults': {
      async POST(request) {
        gateway.set(await request.json())
        return Response.json(gateway.faults)
      },
    },
    '/approve': {
      POST: async (request) => Response.json(gateway.approve((await request.json()).request_id)),
    },
    '/announce': {
      async POST(request) {
        const { session_key, text } = await request.json()
        return Response.json(gateway.announce(session_key, text))
      },
    },
    '/open': {
      async POST(request) {
        gates.open((await request.json()).gate)
        return Response.json(true)
      },
    },
    '/drop': {
      async POST(request) {
        gateway.dropAll((await request.json()).code)
        return Response.json(true)
      },
    },
  },
})

process.once('SIGTERM', () => void gateway.stop().then(() => process.exit(0)))
console.log(JSON.stringify({ port: gateway.port, control: control.port }))
