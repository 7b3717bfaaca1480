import { whole } from '../derive/taken.ts'
import type { Derived, Record2 } from '../record.ts'
import { boundsText, estimateText, figureText, markdownTable, memoryText } from './words.ts'

const heads = [
  'measure',
  'arm',
  'environment',
  'caches',
  'runs',
  'wall, s (95 %)',
  'next run, s (95 %)',
  'CPU, s (95 %)',
  'memory',
  'GPU, s',
  'cost',
  'times as fast (95 %)',
  'as the baseline in, s',
]
/** What was measured, a row each; a ratio never without the seconds of its base. What could not be measured here has a row that says so. */
export const figuresTable = ({ derived, definition, unmeasured }: Pick<Record2, 'derived' | 'definition' | 'unmeasured'>): string =>
  markdownTable(heads, [
    ...derived.figures.map(({ measure, arm, environment, caches, runs, wall, next, cpu, memory, gpu, device, cost, speedup }) => [
      measure,
      arm,
      environment,
      definition.caches.length > 1 ? caches : '',
      String(runs),
      estimateText(wall),
      next ? `${figureText(next.low)} to ${figureText(next.high)}` : '',
      cpu ? estimateText(cpu) : '',
      memoryText(memory),
      gpu === undefined ? '' : device === undefined ? `${figureText(gpu)}, none seen` : figureText(gpu),
      cost ? `${figureText(cost.value)} ${cost.currency}` : '',
      speedup ? estimateText(speedup) : '',
      speedup ? figureText(speedup.base) : '',
    ]),
    ...[whole, ...Object.keys(definition.measures)].flatMap(measure =>
      unmeasured.map(({ arm, environment }) => [measure, arm, environment, '', '0', 'not measured', ...Array<string>(7).fill('')]),
    ),
  ])
const section = (title: string, text: string) => (text === '' ? [] : [`${title}\n${text}`])
const list = (title: string, lines: readonly string[]) => section(`${title}:`, lines.map(line => `- ${line}`).join('\n'))

/** A whole record, for people. */
export function recordText(record: Record2): string {
  const { definition, derived, machine, sessions, code, quick } = record
  const gpu = machine.gpu ? `, ${machine.gpu.count} × ${machine.gpu.model} (driver ${machine.gpu.driver})` : ''
  return [
    `${definition.name}: ${definition.about}`,
    [
      `${sessions[0]?.began ?? ''}${quick ? ', a quick run' : ''}, Trireme ${code.version}${code.commit ? `, commit ${code.commit}` : ''}`,
      `${machine.cpu}, ${machine.cores} cores, ${memoryText(machine.memory)}${gpu}, ${machine.system}`,
    ].join('\n'),
    ...list('Nothing may be concluded', derived.refusals),
    figuresTable(record),
    ...section('Quality', qualityTable(derived)),
    ...section('What cores are worth', fitsText(derived)),
    ...section('Claims', claimsTable(derived)),
    ...list('Warnings', derived.warnings),
  ].join('\n\n')
}
export const qualityTable = ({ quality }: Derived): string =>
  quality.length === 0
    ? ''
    : markdownTable(
        ['quality', 'arm', 'environment', 'runs', 'median', 'least', 'most', 'bounds'],
        quality.map(row => [
          row.quality,
          row.arm,
          row.environment,
          String(row.runs),
          ...[row.median, row.least, row.most].map(figureText),
          boundsText({ least: row.floor, most: row.ceiling }),
        ]),
      )
const fitsText = ({ fits }: Derived): string =>
  fits
    .map(({ law, measure, environment, points, serial, bound }) => {
      const measured = points.map(({ cores, speedup }) => `${figureText(speedup)} on ${cores}`).join(', ')
      const share = serial ? `; by ${law}'s law a share of ${estimateText(serial)} is serial` : `; too few points for ${law}'s law`
      return `- ${measure} · ${environment}: ${measured}${share}${bound === undefined ? '' : `, so at most ${figureText(bound)} times as fast`}`
    })
    .join('\n')
export const claimsTable = ({ claims }: Derived): string =>
  claims.length === 0
    ? ''
    : markdownTable(
        ['claim', 'measured (95 %)', 'target', ''],
        claims.map(({ what, estimate, met, ...bounds }) => [
          what,
          estimate ? estimateText(estimate) : 'not measured',
          boundsText(bounds),
          met === undefined
            ? ''
            : `${met ? 'met' : 'MISSED'}${estimate && isInDoubt(estimate, bounds) ? ', its interval holds the target' : ''}`,
        ]),
      )
/** Whether the true figure may as well lie on the other side of a bound. */
const isInDoubt = ({ low, high }: Parameters<typeof estimateText>[0], bounds: Parameters<typeof boundsText>[0]): boolean =>
  low !== undefined && high !== undefined && [bounds.least, bounds.most].some(bound => bound !== undefined && low < bound && bound < high)
