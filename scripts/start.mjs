// "npm start": calls the variants of two simulated phages whose variants are known, and prints how many were found.
// Words after "--" go on to the run: npm start -- --aligner minimap2 --caller freebayes
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chalk, echo } from 'zx'

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'))
const words = process.argv.slice(2)
const given = words.indexOf('--out')
const out = given >= 0 && words[given + 1] ? words[given + 1] : 'results/lambda'

// variant-accuracy is variant-calling followed by the comparison with the truth.
const command = ['run', 'variant-accuracy', '--profile', 'lambda', ...(given >= 0 ? [] : ['--out', out]), ...words]
echo(chalk.dim(`npx trireme ${command.join(' ')}`))
const { status } = spawnSync(process.execPath, ['dist/cli.js', ...command], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const report = path.join(out, 'accuracy', 'accuracy.json')
if (!existsSync(report)) {
  echo(`The run ended well, but there is no ${report} to tell the accuracy from.`)
  process.exit(1)
}
const { samples, pooled } = JSON.parse(readFileSync(report, 'utf8'))
const heads = ['sample', 'type', 'truth', 'found', 'missed', 'wrong', 'precision', 'recall', 'F1', 'genotypes']
const ratio = value => (value === null ? '-' : value.toFixed(4))
const rows = [...samples, ...pooled]
  .filter(({ stratum }) => stratum === 'all')
  .map(row => [
    ...[row.sample === '(pooled)' ? 'together' : row.sample, row.type === 'snp' ? 'SNP' : 'indel', row.tp + row.fn, row.tp, row.fn, row.fp],
    ...[row.precision, row.recall, row.f1, row.genotypeConcordance].map(ratio),
  ])
const table = [heads, ...rows].map(cells => cells.map(String))
const widths = heads.map((_, n) => Math.max(...table.map(cells => cells[n].length)))
echo('\nAccuracy against the known variants')
for (const cells of table) echo(`  ${cells.map((cell, n) => (n < 2 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join('  ')}`)

echo('\nRun it again: nothing is left to do. Change something, and only what depends on it runs.')
