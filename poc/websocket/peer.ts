/** A client in a process of its own, to be killed, frozen or cut off: `bun peer.ts <url>`. */
const socket = new WebSocket(process.argv[2] ?? '')
socket.onopen = () => console.log('open')
socket.onclose = () => process.exit(0)
