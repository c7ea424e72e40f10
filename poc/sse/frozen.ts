/** `frozen.ts <port> <path>`: a reader in a process of its own, to be stopped with SIGSTOP. Prints `port <its port>`. */
import { openCounter } from './reader.ts'

const counter = await openCounter(Number(process.argv[2]), process.argv[3] ?? '/')
console.log(`port ${counter.port}`)
