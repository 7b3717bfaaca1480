// Measures the claims about speed: npm run bench -- [NAME…] [--quick] [--seed N] [--store DIR]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { accuracy, sameness } from './accuracy.ts'
import { compilers } from './compilers.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { warningsOf } from './harness/compare.ts'
import { machine, versionOf } from './harness/machine.ts'
import { root } from './harness/places.ts'
import { keep, type Result } from './harness/result.ts'
import { table } from './harness/table.ts'
import { changed, cuda } from './idr/changed.ts'
import { cores, loading, overhead } from './idr/costs.ts'
import { controls, quality } from './idr/quality.ts'
import { drawing } from './idr/twin.ts'
import { hotPaths } from './micro.ts'
import { besideSnakemake, shortSteps, tenThousand } from './short-steps.ts'
import { besideScript, besideStages } from './sim5m.ts'

const all: readonly Benchmark[] = [
  hotPaths,
  shortSteps,
  tenThousand,
  besideSnakemake,
  accuracy,
  sameness,
  besideScript,
  besideStages,
  drawing,
  quality,
  controls,
  overhead,
  loading,
  cores,
  changed,
  cuda,
  compilers,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: '.trireme' },
  },
})
const unknown = positionals.filter(name => !all.some(each => each.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}. There are:\n${all.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}\n`,
  )
  process.exit(2)
}
const log = (line: string) => void process.stderr.write(`  ${line}\n`)
/** Version of the package, with the commit where it is a checkout. */
async function version(): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  try {
    return `${version} ${execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()}`
  } catch {
    return version
  }
}
let missed = 0
for (const benchmark of all.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  process.stderr.write(`${benchmark.name}: ${benchmark.about}\n`)
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'trireme-bench-'))
  const [when, load, on] = [new Date().toISOString(), os.loadavg()[0] ?? 0, machine()]
  try {
    const { timed, rows, facts } = await benchmark.measure({
      quick: values.quick,
      seed: Number(values.seed),
      scratch,
      store: path.resolve(values.store),
      log,
    })
    const result: Result = {
      format: 1,
      benchmark: benchmark.name,
      when,
      version: await version(),
      quick: values.quick,
      seed: Number(values.seed),
      machine: on,
      versions: {
        node: process.versions.node,
        ...Object.fromEntries(Object.entries(benchmark.programs).map(([name, argv]) => [name, versionOf(argv)])),
      },
      load,
      arms: Object.fromEntries(Object.entries(timed).map(([name, runs]) => [name, [...runs]])),
      rows: [...rows],
      ...(facts && { facts: { ...facts } }),
      warnings: [...warningsOf(timed, on.cores, load)],
    }
    const file = keep(path.join(root, 'benchmarks', 'results'), result, on)
    const notes = result.warnings.map(warning => `Warning: ${warning}\n`).join('')
    const beside = Object.entries(facts ?? {})
      .map(([what, value]) => `${what}: ${value}\n`)
      .join('')
    process.stdout.write(`\n${benchmark.name}\n\n${table(result)}\n\n${beside}${notes}Kept: ${path.relative(process.cwd(), file)}\n\n`)
    missed += rows.filter(({ met }) => !met).length
  } finally {
    execFileSync('chmod', ['-R', 'u+w', scratch])
    rmSync(scratch, { recursive: true, force: true })
  }
}
if (missed > 0) process.stdout.write(`${missed} target${missed > 1 ? 's' : ''} missed.\n`)
