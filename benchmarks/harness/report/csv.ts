import { stringify } from 'csv-stringify/sync'
import type { Result } from '../older/result.ts'
import type { ReadRecord } from '../read-record.ts'
import type { Record2 } from '../record.ts'

const columns = [
  ...['record', 'comparison', 'began', 'version', 'commit', 'cpu', 'cores', 'gpu', 'quick'],
  ...['measure', 'arm', 'environment', 'caches', 'quantity', 'unit', 'value', 'low', 'high', 'runs', 'base', 'least', 'most', 'met'],
] as const
type Row = Partial<Record<(typeof columns)[number], string | number | boolean | undefined>>

/** Every figure of records, a row each, in units of its own: what a table of another shape is made from. */
export const csvOf = (records: readonly { readonly file: string; readonly read: ReadRecord }[]): string =>
  stringify(
    records.flatMap(({ file, read }): readonly Row[] =>
      read.format === 2 ? rowsOf(file, read.record) : read.format === 1 ? olderRows(file, read.result) : [],
    ),
    // Names come from records of others, and a spreadsheet would run what begins with "=".
    { header: true, columns: [...columns], escape_formulas: true, cast: { boolean: value => String(value) } },
  )
function rowsOf(file: string, { definition, derived, machine, sessions, code, quick }: Record2): readonly Row[] {
  const common = {
    record: file,
    comparison: definition.name,
    began: sessions[0]?.began,
    version: code.version,
    commit: code.commit,
    cpu: machine.cpu,
    cores: machine.cores,
    gpu: machine.gpu?.model,
    quick,
  }
  const figures = derived.figures.flatMap(
    ({ measure, arm, environment, caches, runs, wall, cpu, memory, gpu, cost, speedup }): readonly Row[] => {
      const cell = { ...common, measure, arm, environment, caches, runs }
      return [
        { ...cell, quantity: 'wall', unit: 's', ...wall },
        ...(cpu ? [{ ...cell, quantity: 'cpu', unit: 's', ...cpu }] : []),
        ...(memory === undefined ? [] : [{ ...cell, quantity: 'memory', unit: 'B', value: memory }]),
        ...(gpu === undefined ? [] : [{ ...cell, quantity: 'gpu', unit: 's', value: gpu }]),
        ...(cost ? [{ ...cell, quantity: 'cost', unit: cost.currency, value: cost.value }] : []),
        ...(speedup ? [{ ...cell, quantity: 'speedup', ...speedup, runs: speedup.pairs }] : []),
      ]
    },
  )
  const quality = derived.quality.map(({ quality, arm, environment, runs, median, floor, ceiling }) => ({
    ...common,
    arm,
    environment,
    runs,
    quantity: quality,
    unit: definition.quality[quality]?.unit,
    value: median,
    least: floor,
    most: ceiling,
  }))
  const claims = derived.claims.map(({ what, estimate, ...target }) => ({
    ...common,
    measure: what,
    quantity: 'claim',
    ...estimate,
    ...target,
  }))
  return [...figures, ...quality, ...claims]
}
/** Of format 1: it has rows with their targets, and no cells. */
const olderRows = (file: string, { benchmark, when, version, machine, quick, rows }: Result): readonly Row[] =>
  rows.map(({ what, unit, value, low, high, target, met }) => ({
    record: file,
    comparison: benchmark,
    began: when,
    version,
    cpu: machine.cpu,
    cores: machine.cores,
    quick,
    measure: what,
    quantity: 'claim',
    unit,
    value,
    low,
    high,
    ...target,
    met,
  }))
