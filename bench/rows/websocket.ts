import type { Person } from '../../tests/support/client.ts'
import { startReference } from '../lib.ts'
import { measureRoom, type RoomLoad, type RoomProtocol } from '../load/room.ts'
import { openChannels, openSocket, seatOf } from '../load/socket.ts'
import type { Row, Rows } from '../row.ts'

function productRoom(person: Person, channel_id: string): RoomProtocol {
  let n = 0
  return {
    connect: (onFrame) => openChannels(seatOf(person), onFrame),
    encode: (content) =>
      JSON.stringify({ type: 'message', channel_id, content, client_id: `b${n++}-${Math.random()}` }),
    isMessage: (text) => text.startsWith('{"type":"message"'),
    isAnswer: (text) => text.startsWith('{"type":"ack"'),
  }
}

/** The reference rooms send a body to all clients, including its sender. */
const echo: Pick<RoomProtocol, 'encode' | 'isMessage' | 'isAnswer'> = {
  encode: (body) => body,
  isMessage: () => true,
  isAnswer: (text, tag) => text.startsWith(tag),
}

async function bunPublish(load: RoomLoad): Promise<number> {
  const bun = await startReference(['bun', 'bench/reference/bun-ws.ts'])
  try {
    const url = `ws://127.0.0.1:${bun.port}`
    return await measureRoom({ ...echo, connect: (onFrame) => openSocket(url, {}, onFrame) }, load)
  } finally {
    await bun.stop()
  }
}

async function socketIo(load: RoomLoad): Promise<number> {
  const io = await startReference(['node', 'bench/reference/socket-io.mjs'])
  const { io: client } = await import('socket.io-client')
  const options = { transports: ['websocket'], forceNew: true, reconnection: false }
  async function connect(onFrame: (text: string) => void) {
    const socket = client(`http://127.0.0.1:${io.port}`, options)
    socket.on('message', onFrame)
    await new Promise<void>((resolve, reject) =>
      socket.on('connect', () => resolve()).on('connect_error', reject),
    )
    return { send: (text: string) => void socket.emit('message', text), close: () => void socket.close() }
  }
  try {
    return await measureRoom({ ...echo, connect }, load)
  } finally {
    await io.stop()
  }
}

const fanOut: Row = {
  name: 'WebSocket fan-out, 500 clients in one channel, 10 senders',
  unit: 'delivered frames/s',
  judge: [
    { reference: 'socket.io', floor: 3 },
    { reference: 'raw Bun publish', goal: 0.7 },
  ],
  async run({ admin }, seconds) {
    const load = { clients: 500, senders: 10, window: 8, seconds }
    const { body } = await admin.in<{ id: string }>('POST', '/channels', { name: `fan-out ${Date.now()}` })
    return {
      product: await measureRoom(productRoom(admin, body.id), load),
      'socket.io': await socketIo(load),
      'raw Bun publish': await bunPublish(load),
    }
  },
}

export const webSocket: Rows = { websocket: fanOut }
