import type { Chart } from './charts.ts'
import type { ManyClassQuality } from './quality.ts'
import type { Corner } from './statistics.ts'

const unit = { from: 0, to: 1 }
export interface Roc {
  readonly name: string
  readonly roc: readonly Corner[]
}
export const rocChart = (title: string, lines: readonly Roc[]): Chart => ({
  ...{ title, x: { label: '1 - specificity', ...unit }, y: { label: 'sensitivity', ...unit }, diagonal: true },
  lines: lines.map(({ name, roc }) => ({ name, points: roc.map(corner => [corner.falsePositives, corner.truePositives] as const) })),
})
/** More lines than these cannot be told apart. */
const most = 8
/** Each class told from all others, a chart a part; of many classes those that are told worst in the first part. */
export function classRocs(parts: readonly (readonly [title: string, quality: ManyClassQuality])[]): readonly Chart[] {
  const known = parts[0]?.[1].perClass.filter(({ auc }) => auc.value !== null) ?? []
  const worst = known.toSorted((a, b) => a.auc.value! - b.auc.value!).slice(0, most)
  const names = new Set(worst.map(each => each.class))
  const which = names.size < known.length ? `, ${most} worst of ${known.length}` : ''
  return parts.map(([title, { perClass }]) =>
    rocChart(
      `${title}${which}`,
      perClass.filter(each => names.has(each.class)).map(each => ({ name: each.class, roc: each.roc })),
    ),
  )
}
/** A curve's name with its area. */
export const withArea = (name: string, { value }: { readonly value: number | null }): string =>
  value === null ? name : `${name} (AUC ${value.toFixed(3)})`
