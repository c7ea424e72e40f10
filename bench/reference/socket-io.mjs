/** Reference: a room of socket.io on Node with its defaults (WebSocket only). Nothing stored, nothing checked. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false })
io.on('connection', (socket) => {
  socket.join('room')
  socket.on('message', (text) => io.to('room').emit('message', text))
})
http.listen(0, '127.0.0.1', () => console.log(`port ${http.address().port}`))
