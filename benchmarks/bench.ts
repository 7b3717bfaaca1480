// Measures the claims about speed: npm run bench -- [NAME…] [--quick] [--seed N] [--store DIR] [--scratch DIR] [--records]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { accuracy, sameness } from './accuracy.ts'
import { compilers } from './compilers.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { codeOf } from './harness/commit.ts'
import { warningsOf } from './harness/compare.ts'
import { machine, versionOf } from './harness/machine.ts'
import { meter } from './harness/measure.ts'
import { root } from './harness/places.ts'
import { readRecords } from './harness/records.ts'
import { keep, type Result, write } from './harness/result.ts'
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
    scratch: { type: 'string' },
    records: { type: 'boolean', default: false },
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
const results = path.join(root, 'benchmarks', 'results')
if (values.records) {
  const records = readRecords(results, root)
  for (const { file, result, fault } of records)
    process.stdout.write(`${file}: ${result.version}${fault ? `. No claim may rest on it: ${fault}` : ''}\n`)
  process.exit(records.some(({ fault }) => fault) ? 1 : 0)
}
// A record is worth something only while the code that it speaks of can be had. Asked first: what is measured may take hours.
const code = codeOf(root)
if (values.scratch === undefined && code.state === 'no commit') {
  process.stderr.write(
    `A record is kept only of a commit that is on a branch, and ${code.why}. Commit first, or have the records elsewhere with --scratch DIR. Nothing was measured.\n`,
  )
  process.exit(2)
}
const elsewhere = values.scratch === undefined ? undefined : path.resolve(values.scratch)
if (elsewhere !== undefined && `${elsewhere}${path.sep}`.startsWith(`${results}${path.sep}`)) {
  process.stderr.write(`--scratch is for records that are not kept, and ${values.scratch} lies where they are kept. Give another folder.\n`)
  process.exit(2)
}
/** Version of the package, with the commit where it is a checkout. */
const { version: released } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
const version = [released, ...(code.commit ? [`${code.commit}${code.state === 'no commit' && code.changed ? '-dirty' : ''}`] : [])].join(
  ' ',
)
let missed = 0
for (const benchmark of all.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  process.stderr.write(`${benchmark.name}: ${benchmark.about}\n`)
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'trireme-bench-'))
  const [when, load, on, usage] = [new Date().toISOString(), os.loadavg()[0] ?? 0, machine(), meter()]
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
      version,
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
      usage: usage(),
      warnings: [...warningsOf(timed, on.cores, load)],
    }
    const now = codeOf(root)
    const moved = elsewhere === undefined && (now.state === 'no commit' || now.commit !== code.commit)
    const file = moved
      ? write(path.join(root, '.bench', 'not-kept'), result)
      : elsewhere
        ? write(elsewhere, result)
        : keep(results, result, on)
    const where = moved
      ? 'Not kept as a record, for the checkout changed while this was measured:'
      : elsewhere
        ? 'Written, and no record:'
        : 'Kept:'
    const notes = result.warnings.map(warning => `Warning: ${warning}\n`).join('')
    const beside = Object.entries(facts ?? {})
      .map(([what, value]) => `${what}: ${value}\n`)
      .join('')
    process.stdout.write(`\n${benchmark.name}\n\n${table(result)}\n\n${beside}${notes}${where} ${path.relative(process.cwd(), file)}\n\n`)
    missed += rows.filter(({ met }) => !met).length
  } finally {
    execFileSync('chmod', ['-R', 'u+w', scratch])
    rmSync(scratch, { recursive: true, force: true })
  }
}
if (missed > 0) process.stdout.write(`${missed} target${missed > 1 ? 's' : ''} missed.\n`)
