// Line charts as SVG text: two axes, lines, a legend. Written by hand; docs/decisions/0022-charts.md says why no library is used.

export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Marks each point. @default false */
  readonly dots?: boolean
}
export interface Axis {
  readonly label: string
  readonly from: number
  readonly to: number
  /** Steps of one at least, as for epochs. */
  readonly whole?: boolean
}
export interface Chart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
  /** From the lower left corner to the upper right one: chance, or perfect calibration. */
  readonly diagonal?: boolean
}
const [width, height, left, top, bottom, right] = [360, 300, 52, 30, 44, 14]
/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), then other dashes. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8c6d31']
export const colourOf = (n: number): string => colours[n % colours.length]!
const dashes = ['', '6 3', '2 2', '8 2 2 2']

/** Charts side by side, with one legend for all lines that have a name in common. */
export function figure(charts: readonly Chart[]): string {
  const names = [...new Set(charts.flatMap(({ lines }) => lines.map(({ name }) => name)))]
  const columns = Math.max(1, Math.floor((width * charts.length - left) / 240))
  const rows = names.length > 1 ? Math.ceil(names.length / columns) : 0
  const size = { width: width * charts.length, height: height + rows * 18 + (rows > 0 ? 8 : 0) }
  const panels = charts.map((chart, n) => `<g transform="translate(${n * width} 0)">${panel(chart, names)}</g>`)
  const legend = names.length > 1 ? names.map((name, n) => entry(name, n, columns)) : []
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="11" role="img">
<rect width="100%" height="100%" fill="#fff"/>
${[...panels, ...legend].join('\n')}
</svg>
`
}
function panel({ title, x, y, lines, diagonal }: Chart, names: readonly string[]): string {
  const inner = { width: width - left - right, height: height - top - bottom }
  const at = (axis: Axis, value: number) => (value - axis.from) / Math.max(axis.to - axis.from, 1e-9)
  const px = (value: number) => figureText(left + at(x, value) * inner.width)
  const py = (value: number) => figureText(top + (1 - at(y, value)) * inner.height)
  const grid = [
    ...ticks(x).map(
      value =>
        `<path d="M${px(value)} ${top}V${top + inner.height}" stroke="#e5e5e5"/><text x="${px(value)}" y="${height - bottom + 15}" text-anchor="middle">${tickText(value)}</text>`,
    ),
    ...ticks(y).map(
      value =>
        `<path d="M${left} ${py(value)}H${left + inner.width}" stroke="#e5e5e5"/><text x="${left - 6}" y="${py(value)}" dy="4" text-anchor="end">${tickText(value)}</text>`,
    ),
  ]
  // Inner <svg> elements hide what lies outside of them; the margin is for dots on the frame.
  const box = { x: left - 4, y: top - 4, width: inner.width + 8, height: inner.height + 8 }
  const chance = diagonal ? `<path d="M${px(x.from)} ${py(y.from)}L${px(x.to)} ${py(y.to)}" stroke="#999" stroke-dasharray="3 3"/>` : ''
  const drawn = lines.map(line => {
    const n = names.indexOf(line.name)
    const dash = dashes[Math.floor(n / colours.length) % dashes.length]!
    const path = line.points.map(([a, b], n) => `${n === 0 ? 'M' : 'L'}${px(a)} ${py(b)}`).join('')
    const dots = line.dots ? line.points.map(([a, b]) => `<circle cx="${px(a)}" cy="${py(b)}" r="3" fill="${colourOf(n)}"/>`).join('') : ''
    return `<path d="${path}" fill="none" stroke="${colourOf(n)}" stroke-width="1.6"${dash ? ` stroke-dasharray="${dash}"` : ''}><title>${escaped(line.name)}</title></path>${dots}`
  })
  return `<title>${escaped(title)}</title><text x="${left}" y="18" font-weight="bold" font-size="12">${escaped(cut(title, 44))}</text>
${[...grid, chance].join('\n')}
<svg x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" viewBox="${box.x} ${box.y} ${box.width} ${box.height}">
${drawn.join('\n')}
</svg>
<rect x="${left}" y="${top}" width="${inner.width}" height="${inner.height}" fill="none" stroke="#888"/>
<text x="${left + inner.width / 2}" y="${height - 10}" text-anchor="middle">${escaped(x.label)}</text>
<text transform="translate(14 ${top + inner.height / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`
}
function entry(name: string, n: number, columns: number): string {
  const [x, y] = [left + (n % columns) * 240, height + 10 + Math.floor(n / columns) * 18]
  const dash = dashes[Math.floor(n / colours.length) % dashes.length]!
  return `<path d="M${x} ${y - 4}h22" stroke="${colourOf(n)}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}/><text x="${x + 28}" y="${y}">${escaped(cut(name, 34))}</text>`
}
/** As many letters as there is room for. */
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
/** The ends of an axis that shows all these values, and `shown` too: round values, so that each end is a tick. */
export function enclosing(values: readonly number[], shown: readonly number[] = []): { readonly from: number; readonly to: number } {
  const all = [...shown, ...values].filter(Number.isFinite)
  const [least, most] = [
    all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ]
  if (all.length === 0) return { from: 0, to: 1 }
  const size = tickSize(most > least ? most - least : Math.max(Math.abs(most), 1))
  const round = (n: number) => Number((n * size).toPrecision(12))
  const [from, to] = [Math.floor(least / size + 1e-9), Math.ceil(most / size - 1e-9)]
  return { from: round(from), to: round(to > from ? to : from + 1) }
}
/** Steps of 1, 2 or 5 times a power of ten, some five in the range. */
function tickSize(range: number): number {
  const rough = Math.max(range / 5, 1e-9)
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough) ?? rough
}
/** Four to nine round values: steps of 1, 2 or 5 times a power of ten. */
export function ticks({ from, to, whole }: Axis): readonly number[] {
  const found = tickSize(to - from)
  const size = whole ? Math.max(1, Math.round(found)) : found
  const first = Math.ceil(from / size - 1e-9)
  return Array.from({ length: Math.floor(to / size + 1e-9) - first + 1 }, (_, n) => (first + n) * size)
}
const tickText = (value: number) => String(Number(value.toPrecision(6)))
const figureText = (value: number) => String(Number(value.toFixed(1)))
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, letter => `&#${letter.codePointAt(0)};`).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\u{10ffff}]/gu, '?')
