import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Summary } from '../steps/truth/summary.script.ts'
import type { Benchmark, Measured } from './harness/benchmark.ts'
import { within } from './harness/compare.ts'
import { measure, type Run } from './harness/measure.ts'
import { filtered, recordsOf, sim5mFiles, variantCalling } from './sim5m.ts'

const programs = { bcftools: ['bcftools', '--version'], freebayes: ['freebayes', '--version'] }

export const accuracy: Benchmark = {
  name: 'accuracy',
  about: 'F1 against the truth of sim5m, by caller',
  programs,
  measure: async session => {
    const files = await sim5mFiles(session)
    const least = { bcftools: { snp: 0.99, indel: 0.99 }, freebayes: { snp: 0.985, indel: 0.96 } }
    const timed: Record<string, Run[]> = {}
    const rows: Measured['rows'][number][] = []
    for (const [caller, targets] of Object.entries(least)) {
      const words = ['--caller', caller, '--truth', `sim=${files.truth}`]
      timed[caller] = [await measure({ argv: variantCalling(files, session.scratch, words, 'variant-accuracy'), folder: session.scratch })]
      const { pooled }: Summary = JSON.parse(readFileSync(path.join(session.scratch, 'out', 'accuracy', 'accuracy.json'), 'utf8')) // written by truth/summary
      for (const [type, f1] of Object.entries(targets)) {
        const value = pooled.find(row => row.stratum === 'all' && row.type === type)?.f1 ?? 0
        rows.push({ what: `F1, ${caller}, ${type}`, unit: 'share', value, target: { least: f1 }, met: within(value, { least: f1 }) })
      }
    }
    return { timed, rows }
  },
}
export const sameness: Benchmark = {
  name: 'sameness',
  about: 'Filtered records of streamed, unfused, scattered and resumed runs on sim5m',
  programs,
  measure: async session => {
    const files = await sim5mFiles(session)
    const timed: Record<string, Run[]> = {}
    const records: Record<string, string> = {}
    const ways = {
      streamed: ['--parts', '1'],
      unfused: ['--no-stream', '--parts', '1'],
      scattered: ['--parts', '4'],
      resumed: ['--parts', '4'],
    }
    for (const [way, words] of Object.entries(ways)) {
      const folder = path.join(session.scratch, way)
      mkdirSync(folder)
      const argv = variantCalling(files, folder, words)
      if (way === 'resumed') await killedAt(argv, /^.*started {2}bcftools-call\[00003/m, session.log)
      timed[way] = [await measure({ argv, folder })]
      records[way] = recordsOf(filtered(folder))
      session.log(`${way}: ${records[way].slice(0, 16)}`)
    }
    const { streamed, ...others } = records
    const rows = Object.entries(others).map(([way, digest]) => {
      const value = digest === streamed ? 0 : 1
      return { what: `records, ${way} and streamed`, unit: 'differences' as const, value, target: { most: 0 }, met: value === 0 }
    })
    return { timed, rows }
  },
}
/** Runs a command until it writes a line, and ends it with SIGKILL then: neither the runner nor its steps can clean up. */
async function killedAt(argv: readonly string[], line: RegExp, log: (line: string) => void): Promise<void> {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (!line.test(text)) continue
    child.kill('SIGKILL')
    log('killed in the middle of calling; now resumed')
    return
  }
  throw new Error('the run that was to be killed ended before')
}
