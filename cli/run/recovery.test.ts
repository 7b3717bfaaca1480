import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cli, environment, projectWith, trireme } from '../../test/project.ts'

// What a user does when the disk, the machine or the space fails: verify, run again, clean.

const numbers = `
import { kind, mib, pipeline, run, step } from 'trireme-bio'
import { z } from 'zod'
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const count = step({
  name: 'count', image: 'any', needs, inputs: {}, params: { to: z.number(), nap: z.number() }, outputs: { numbers: text },
  command: ({ to, nap, numbers }) => run('sh', '-c', 'sleep $2; seq $1', 'sh', to, nap).into(numbers),
})
const total = step({
  name: 'total', image: 'any', needs, inputs: { numbers: text }, outputs: { sum: text },
  command: ({ numbers, sum }) => run('awk', '{ s += $1 } END { print s }', numbers).into(sum),
})
export const numbers = pipeline({
  name: 'numbers', inputs: {}, params: { to: z.number().default(1000), nap: z.number().default(0) },
  build: ({ to, nap }) => {
    const made = count({ to, nap }).numbers
    return { numbers: made, sum: total({ numbers: made }).sum }
  },
})
`
const project = () => projectWith({ 'pipelines/numbers.ts': numbers })
const go = ['run', 'numbers']
/** The entry of a step, by the name of its output. */
function entryWith(folder: string, file: string): string {
  const found = readdirSync(path.join(folder, '.trireme/entries'), { recursive: true, encoding: 'utf8' }).find(
    name => path.basename(name) === file,
  )
  return path.dirname(path.join(folder, '.trireme/entries', found ?? ''))
}
/** As a disk does it: no time tells. */
function flip(file: string): void {
  const { mtime } = statSync(file)
  chmodSync(file, 0o644)
  writeFileSync(file, `9${readFileSync(file, 'utf8').slice(1)}`)
  chmodSync(file, 0o444)
  utimesSync(file, mtime, mtime)
  utimesSync(path.join(path.dirname(file), 'record.json'), new Date(), new Date())
}
test('verify: what is damaged is named and moved away, and the next run makes it', () => {
  const folder = project()
  expect(trireme(folder, 'verify').stdout).toBe('There is no store .trireme: nothing to verify.\n')
  trireme(folder, ...go)
  expect(trireme(folder, 'verify').stdout).toBe('2 finished steps verified, 4 KiB: all as they were made.\n')
  flip(path.join(entryWith(folder, 'numbers.txt'), 'numbers.txt'))
  const { status, stderr } = trireme(folder, 'verify')
  expect(status).toBe(7)
  expect(stderr.replace(/Moved to \S+/, 'Moved to PLACE')).toBe(
    '1 of 2 finished steps was damaged:\n' +
      '  count: the content of its file numbers.txt has changed since it was made. Moved to PLACE\n' +
      'Run the same commands again: what is missing is made anew. If the disk is at fault, move the store to another first.\n',
  )
  expect(trireme(folder, ...go).stdout).toContain('1 step ran, 1 cached')
  expect(trireme(folder, 'verify').stdout).toMatch(/^2 finished steps verified/)
  expect(trireme(folder, 'clean').stdout).toMatch(/^Removed 1 work folder: /)
})
test('a damaged result is found before it is copied out, and made again; what lies there already is not read', () => {
  const folder = project()
  trireme(folder, ...go)
  flip(path.join(entryWith(folder, 'numbers.txt'), 'numbers.txt'))
  expect(trireme(folder, ...go).stdout).toContain('nothing had to run, 2 cached')
  const { status, stderr, stdout } = trireme(folder, ...go, '--out', 'elsewhere')
  expect([status, stderr]).toEqual([0, 'count: the content of its file numbers.txt has changed since it was made. It is made again.\n'])
  expect(stdout).toContain('1 step ran, 1 cached')
  expect(readFileSync(path.join(folder, 'elsewhere/numbers.txt'), 'utf8').split('\n')[0]).toBe('1')
})
test('clean --max-size forgets the oldest runs, and keeps what a later one shares with them', () => {
  const folder = project()
  for (const to of ['200000', '300000', '1000']) trireme(folder, ...go, '--to', to)
  trireme(folder, ...go, '--to', '300000')
  expect(trireme(folder, 'clean', '--max-size', '5', '--dry-run').stderr).toMatch(/^--max-size takes a size with its unit/)
  expect(trireme(folder, 'clean', '--max-size', '20MB').stdout).toBe('Nothing to remove.\n')
  expect(trireme(folder, 'clean', '--max-size', '3MB').stdout).toMatch(/^Removed 1 run, 2 finished steps: 1\.\d MiB\.\n$/)
  expect(trireme(folder, ...go, '--to', '1000').stdout).toContain('nothing had to run, 2 cached')
  expect(trireme(folder, 'clean', '--max-size', '1MiB').stdout).toMatch(/^Removed 3 runs?, 2 finished steps: /)
  expect(trireme(folder, ...go, '--to', '1000').stdout).toContain('nothing had to run, 2 cached')
})
test('clean waits for nobody: while a run goes on, it removes nothing and says so', async () => {
  const folder = project()
  trireme(folder, ...go)
  const running = spawn(process.execPath, [cli, ...go, '--nap', '3'], { cwd: folder, env: environment, stdio: 'ignore' })
  const ended = new Promise(done => running.on('exit', done))
  const work = path.join(folder, '.trireme/work')
  for (let n = 0; n < 100 && readdirSync(work).length === 0; n++) await new Promise(done => setTimeout(done, 50))
  const { status, stderr } = trireme(folder, 'clean', '--keep-last', '0')
  expect(status).toBe(7)
  expect(stderr).toMatch(/^Run \S+ goes on, so nothing was removed\. Try again when it has ended\.\n$/)
  expect(await ended).toBe(0)
  expect(trireme(folder, 'clean', '--keep-last', '0').stdout).toMatch(/^Removed 2 runs, 3 finished steps: /) // the total came out equal, and one stands in for both
})
test('a runner that was killed is no hindrance: to clean, to the next run', async () => {
  const folder = project()
  const running = spawn(process.execPath, [cli, ...go, '--nap', '30'], { cwd: folder, env: environment, stdio: 'ignore' })
  const ended = new Promise(done => running.on('exit', done))
  const claims = path.join(folder, '.trireme/claims')
  for (let n = 0; n < 200 && (!existsSync(claims) || readdirSync(claims).length === 0); n++) await new Promise(done => setTimeout(done, 50))
  running.kill('SIGKILL')
  await ended
  expect(trireme(folder, 'runs').stdout).toContain('cut off')
  expect(trireme(folder, ...go).stdout).toContain('2 steps ran')
  expect(readdirSync(path.join(folder, '.trireme/work'))).toEqual([])
  rmSync(folder, { recursive: true })
})
