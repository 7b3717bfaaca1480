import { uniform } from '../../steps/statistics.ts'
import type { FileChange } from './changes.ts'

// SYNTHETIC images for a first try: cells on a pale ground, at rest or dividing. The same drawings everywhere; the bytes of a JPEG follow its library.

const classes = ['dividing', 'resting'] as const
const dishes = 10
const perDish = 2
const side = 96

type Numbers = (from: number, to: number) => number
/** A cell as SVG: at rest it has one round pale nucleus, dividing two dark plates. */
function cell(kind: (typeof classes)[number], [x, y]: readonly [number, number], at: Numbers): string {
  const size = at(11, 16)
  const turn = `rotate(${at(0, 180).toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)})`
  const ellipse = (dx: number, rx: number, ry: number, fill: string) =>
    `<ellipse cx="${(x + dx).toFixed(1)}" cy="${y.toFixed(1)}" rx="${rx.toFixed(1)}" ry="${ry.toFixed(1)}" fill="${fill}" transform="${turn}"/>`
  const body = ellipse(0, size * at(1, 1.3), size, `hsl(${at(325, 345).toFixed(0)} 45% ${at(72, 80).toFixed(0)}%)`)
  const dark = `hsl(${at(250, 270).toFixed(0)} 60% ${at(25, 33).toFixed(0)}%)`
  const apart = size * at(0.3, 0.5)
  const inside =
    kind === 'dividing'
      ? ellipse(apart, size * 0.18, size * 0.6, dark) + ellipse(-apart, size * 0.18, size * 0.6, dark)
      : ellipse(at(-2, 2), size * 0.4, size * at(0.35, 0.45), `hsl(${at(250, 270).toFixed(0)} 35% ${at(55, 63).toFixed(0)}%)`)
  return body + inside
}
function drawing(kind: (typeof classes)[number], ground: string, at: Numbers): string {
  const places = Array.from({ length: 9 }, (_, n) => [(n % 3) * 32 + at(8, 24), Math.floor(n / 3) * 32 + at(8, 24)] as const)
  const cells = places.filter(() => at(0, 1) < 0.75).map(place => cell(kind, place, at))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="${ground}"/>${cells.join('')}</svg>`
}
/** Forty images of two classes from twenty dishes, below `images/`, and their `sheet.csv`. */
export async function drawnCells(): Promise<readonly FileChange[]> {
  const { default: sharp } = await import('sharp')
  const next = uniform(7)
  const at: Numbers = (from, to) => from + (to - from) * next()
  const images: FileChange[] = []
  const rows = ['image,label,group']
  for (const kind of classes)
    for (let dish = 1; dish <= dishes; dish++) {
      const ground = `hsl(${at(20, 60).toFixed(0)} 30% ${at(88, 94).toFixed(0)}%)` // images of a dish are alike
      for (let n = 1; n <= perDish; n++) {
        const name = `${kind}/dish${dish}_${n}.jpg`
        const content = await sharp(Buffer.from(drawing(kind, ground, at)))
          .jpeg({ quality: 85 })
          .toBuffer()
        images.push({ place: `images/${name}`, content })
        rows.push(`${name},${kind},${kind[0]}${dish}`)
      }
    }
  return [...images, { place: 'sheet.csv', content: Buffer.from(`${rows.join('\n')}\n`) }]
}
