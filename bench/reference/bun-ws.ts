/** Reference: the fastest a WebSocket room can be on this runtime. Nothing stored, nothing checked, native publish. */
const server = Bun.serve({
  port: 0,
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('no', { status: 400 })),
  websocket: {
    open: (ws) => void ws.subscribe('room'),
    message: (_ws, data) => {
      server.publish('room', data)
    },
  },
})
console.log(`port ${server.port}`)
