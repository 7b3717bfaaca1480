import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { hold, lock, release, self, unlock } from '../../core/store/lock-file.ts'
import { cli, environment, projectWith, trireme } from '../../test/project.ts'

// Two runs publish into one folder, and somebody cleans up meanwhile.

const source = `
import { kind, mib, pipeline, run, step } from 'trireme-bio'
const text = kind('text', { extension: '.txt' })
const upper = step({
  name: 'upper', image: 'any', needs: { cpu: 1, memory: mib(64) }, inputs: { words: text }, outputs: { loud: text },
  command: ({ words, loud }) => run('sh', '-c', 'tr a-z A-Z <"$1"', 'sh', words).into(loud),
})
export const one = pipeline({ name: 'one', inputs: { words: text }, build: ({ words }) => ({ loud: upper({ words }).loud }) })
`
const project = () => projectWith({ 'pipelines/one.ts': source, 'a.txt': 'first words\n', 'b.txt': 'second\n' })
const turn = (folder: string) => path.join(folder, 'results/pipeline_info/.publishing')
/** Another run, here this very process, publishes there until the lock is given back. */
function takeTurn(folder: string): () => void {
  mkdirSync(path.dirname(turn(folder)), { recursive: true })
  lock(turn(folder))
  hold(turn(folder))
  return () => {
    release(turn(folder))
    unlock(turn(folder))
  }
}
/** A run that has told that it waits. */
async function waiting(folder: string, ...words: string[]) {
  const child = spawn(process.execPath, [cli, 'run', 'one', ...words], { cwd: folder, env: environment })
  const said = { stdout: '', stderr: '' }
  const ended = new Promise<number | null>(done => child.on('close', done))
  child.stdout.setEncoding('utf8').on('data', text => {
    said.stdout += text
  })
  await new Promise<void>(done =>
    child.stderr.setEncoding('utf8').on('data', text => {
      said.stderr += text
      if (said.stderr.includes('waits for it to end')) done()
    }),
  )
  return { child, said, ended }
}
const all = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

test('a run waits for another that publishes into the same folder, from another store too; what clean would remove stays until it is published', async () => {
  const folder = project()
  const giveBack = takeTurn(folder)
  const first = await waiting(folder, '--words', 'a.txt')
  const second = await waiting(folder, '--words', 'b.txt', '--store', 'other')
  expect(second.said.stderr).toContain(
    `Another run publishes into results: process ${process.pid} of ${self.host}. This one waits for it to end; Ctrl-C stops the waiting.\n`,
  )
  const [run] = readdirSync(path.join(folder, '.trireme/runs'))
  const cleaned = trireme(folder, 'clean', '--keep-last', '0')
  expect([cleaned.status, cleaned.stderr]).toEqual([7, `Run ${run} goes on, so nothing was removed. Try again when it has ended.\n`])
  expect(all(path.join(folder, 'results'))).toEqual(['pipeline_info', 'pipeline_info/.publishing'])
  giveBack()
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0])
  const { id, files } = JSON.parse(readFileSync(path.join(folder, 'results/pipeline_info/run.json'), 'utf8'))
  const provenance = JSON.parse(readFileSync(path.join(folder, 'results/pipeline_info/provenance.json'), 'utf8'))
  const last = existsSync(path.join(folder, '.trireme/runs', id)) ? 'FIRST WORDS\n' : 'SECOND\n'
  expect(readFileSync(path.join(folder, 'results/loud.txt'), 'utf8')).toBe(last)
  expect([provenance.run.id, provenance.results[0].sha256]).toEqual([id, files[0].sha256])
  expect(all(path.join(folder, 'results')).filter(name => /\.part$|\.publishing$/.test(name))).toEqual([])
  expect(trireme(folder, 'clean', '--keep-last', '0').stdout).toMatch(/^Removed 1 run, 1 finished step/)
})
test('Ctrl-C ends the waiting at once; the same command publishes', async () => {
  const folder = project()
  const giveBack = takeTurn(folder)
  const { child, said, ended } = await waiting(folder, '--words', 'a.txt')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(said.stderr).toContain(
    'Stopped before all results were in results. All steps are done and kept: the same command publishes them.\n',
  )
  expect(all(path.join(folder, '.trireme/work'))).toEqual([])
  giveBack()
  expect(trireme(folder, 'run', 'one', '--words', 'a.txt').stdout).toContain('nothing had to run')
})
test('the turn of a run that was killed is over', () => {
  const folder = project()
  mkdirSync(path.dirname(turn(folder)), { recursive: true })
  symlinkSync(JSON.stringify({ ...self, started: 1 }), turn(folder))
  writeFileSync(path.join(folder, 'results/pipeline_info/.run.json.1.0123abcd.part'), 'half')
  expect(trireme(folder, 'run', 'one', '--words', 'a.txt').status).toBe(0)
  expect(all(path.join(folder, 'results/pipeline_info')).filter(name => name.startsWith('.'))).toEqual([])
})
