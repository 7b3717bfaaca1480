// The lower bound: the same commands in a bare loop, two at a time, with no records, no store, no checks: node spawn-loop.js COUNT [PROGRAM WORD…]
// Words after the count stand before each command: GNU time, for CPU and memory measured as Trireme measures them.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const [, , count = '1000', ...before] = process.argv
mkdirSync('made')
let next = 0
const worker = async (): Promise<void> => {
  while (next < Number(count)) {
    const number = String(next++)
    const [program = '', ...words] = [...before, 'sh', '-c', 'echo "$1" >"$2"', 'sh', number, `made/${number}.txt`]
    const status = await new Promise(done => spawn(program, words, { stdio: 'ignore' }).on('exit', done))
    if (status !== 0) throw new Error(`command ${number} ended with status ${status}`)
  }
}
await Promise.all([worker(), worker()])
