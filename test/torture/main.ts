import { existsSync } from 'node:fs'
import path from 'node:path'
import { commandLine } from './command-line.ts'
import { fullDisks } from './disks.ts'
import { snakemake, trireme } from './engines.ts'
import { injections } from './injections.ts'
import { kills } from './kills.ts'
import { onExt4 } from './power/ext4.ts'
import { powerCuts } from './power/power.ts'
import { jumpingClock, twoRunners } from './runners.ts'
import { ordinary, type Setting, setUp, type Told, tearDown } from './setting.ts'

type Log = (line: string) => void
const seed = Number(process.env.TORTURE_SEED ?? 1)
/** Half a megabyte a step, eight steps: from nothing at all to room for everything. */
const sizes = Array.from({ length: 40 }, (_, n) => 16 + n * 112)
const tortures: Readonly<Record<string, (setting: Setting, log: Log) => Promise<readonly Told[]>>> = {
  kills: async (setting, log) => [await kills(await trireme(setting), Number(process.env.TORTURE_KILLS ?? 200), seed, log)],
  'kills-of-a-user': async (setting, log) => [
    await kills(await trireme(ordinary(setting)), Number(process.env.TORTURE_KILLS ?? 200), seed, log),
  ],
  injections: async (setting, log) => [await injections(setting, log)],
  'command-line': async (setting, log) => [
    await commandLine(setting, log, { most: Number(process.env.TORTURE_KILLS ?? Number.POSITIVE_INFINITY), side: 2 }),
  ],
  disks: async (setting, log) => [await fullDisks(setting, sizes, log)],
  runners: async (setting, log) => [await twoRunners(setting, 100, seed, log)],
  clock: async (setting, log) => [await jumpingClock(setting, 30, seed, log)],
  power: async (setting, log) => [
    await powerCuts(setting, Number(process.env.TORTURE_CUTS ?? 150), seed, log),
    await onExt4({ folder: path.join(setting.folder, 'ext4') }, log),
  ],
  snakemake: async (setting, log) => {
    const program = [process.env.SNAKEMAKE, path.resolve('.bench/bin/snakemake')].find(place => place && existsSync(place))
    if (!program)
      return [
        {
          name: 'SIGKILL, Snakemake',
          counts: {},
          faults: [],
          skipped:
            'there is no .bench/bin/snakemake; make it with "python3 -m venv .bench && .bench/bin/pip install snakemake==9.*", or name one in SNAKEMAKE',
        },
      ]
    return [await kills(await snakemake(setting, program), Number(process.env.TORTURE_KILLS ?? 200), seed, log)]
  },
}
/** @param names tortures to do; all where none is named. @returns whether Trireme bore them */
export async function main(names: readonly string[]): Promise<boolean> {
  const unknown = names.find(name => !(name in tortures))
  if (unknown !== undefined) throw new Error(`There is no torture "${unknown}". There are: ${Object.keys(tortures).join(', ')}.`)
  const told: Told[] = []
  for (const [name, torture] of Object.entries(tortures)) {
    if (names.length > 0 && !names.includes(name)) continue
    const setting = await setUp()
    const begun = performance.now()
    const log = (line: string) => void process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0)} s  ${line}\n`)
    try {
      told.push(...(await torture(setting, log)))
    } finally {
      tearDown(setting)
    }
  }
  for (const each of told) print(each)
  sideBySide(told.filter(({ name, skipped }) => name.startsWith('SIGKILL') && skipped === undefined))
  return told.every(({ name, faults }) => name.includes('Snakemake') || faults.length === 0)
}
function print({ name, counts, faults, skipped }: Told): void {
  console.log(`\n${name}${skipped === undefined ? '' : `: not done, since ${skipped}`}`)
  for (const [what, n] of Object.entries(counts)) console.log(`  ${String(n).padStart(6)}  ${what}`)
  if (skipped === undefined) console.log(`  ${String(faults.length).padStart(6)}  faults`)
  for (const fault of faults.slice(0, 40)) console.log(`          ${fault.replaceAll('\n', '\n            ')}`)
}
function sideBySide(engines: readonly Told[]): void {
  if (engines.length < 2) return
  const whats = [...new Set(engines.flatMap(({ counts }) => Object.keys(counts)))]
  const wide = Math.max(...whats.map(what => what.length))
  console.log(`\n${''.padEnd(wide)}  ${engines.map(({ name }) => name.replace('SIGKILL, ', '').padStart(18)).join('')}`)
  for (const what of whats)
    console.log(`${what.padEnd(wide)}  ${engines.map(({ counts }) => String(counts[what] ?? 0).padStart(18)).join('')}`)
}
