// Real trials of "trireme bench gate" on this machine: node scripts/gate-trials.mjs [GATES], 40 unless you say so. All but one are gates of equal builds, which
// should raise at most two alarms; the last is of a commit that burns 10 % more CPU, and should be found. The rule: docs/decisions/0085-the-gate.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const load = file => import(path.join(root, 'dist', file))
const { betweenBuilds } = await load('cli/bench/gate.js')
const { commitOf } = await load('benchmarks/harness/gate/builds.js')
const { gate } = await load('benchmarks/harness/gate/gate.js')
const { ratioOf, usual } = await load('benchmarks/harness/gate/rule.js')
const { median } = await load('benchmarks/harness/statistics.js')

const gates = Number(process.argv[2] ?? 40)
const comparison = 'short-steps'
const say = line => process.stdout.write(`${line}\n`)
const text = ({ value, low, high }) => `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
function told(what, { verdict, base }) {
  const { slower, search, confirmation } = verdict
  const ratios = ['wall', 'cpu'].map(of => `${of} ${text(ratioOf(verdict, of))}`).join(', ')
  const rounds = `${search.length} + ${confirmation.length} rounds`
  say(
    `${what}: ${slower.length > 0 ? `ALARM, ${slower.join(' and ')}` : 'passed'}; ${ratios}; ${rounds}, CPU ${median(base.map(({ cpu }) => cpu)).toFixed(2)} s`,
  )
}

let cpu = 0
let alarms = 0
process.chdir(root)
const begun = performance.now()
await betweenBuilds(
  ['HEAD', 'HEAD'].map(name => commitOf(root, name)),
  comparison,
  { quick: true },
  async sides => {
    for (let seed = 1; seed <= gates; seed++) {
      const gated = await gate(sides, usual, { seed, tolerance: 0, log: () => {} })
      cpu = median(gated.base.map(run => run.cpu))
      if (gated.verdict.slower.length > 0) alarms++
      told(`equal builds, ${seed}`, gated)
    }
  },
)
say(`${alarms} alarms in ${gates} gates of equal builds, in ${Math.round((performance.now() - begun) / 60_000)} minutes.`)

// A clone with a commit that does nothing useful for a tenth of the time, in the arm itself.
const clone = path.join(mkdtempSync(path.join(os.tmpdir(), 'trireme-trials-')), 'clone')
try {
  execFileSync('git', ['clone', '-q', root, clone])
  execFileSync('cp', ['-al', path.join(root, 'node_modules'), clone])
  process.chdir(clone)
  const arm = 'benchmarks/arms/many-steps.ts'
  const burn = `\nconst begun = process.cpuUsage()\nconst used = () => process.cpuUsage(begun)\nwhile (used().user + used().system < ${Math.round(cpu * 1e5)}) {}\n`
  writeFileSync(arm, readFileSync(arm, 'utf8') + burn)
  execFileSync('git', ['-c', 'user.name=trial', '-c', 'user.email=trial@example.org', 'commit', '-q', '-a', '-m', 'A tenth slower'])
  await betweenBuilds(
    ['HEAD~1', 'HEAD'].map(name => commitOf(clone, name)),
    comparison,
    { quick: true },
    async sides => {
      told('10 % more CPU', await gate(sides, usual, { seed: 1, tolerance: 0, log: () => {} }))
    },
  )
} finally {
  process.chdir(root)
  rmSync(path.dirname(clone), { recursive: true, force: true })
}
