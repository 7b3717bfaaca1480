import type { Decoded } from './decode.ts'
import type { Settings } from './settings.ts'

/** What people should know of how their images became pixels. */
export interface Remarks {
  add(n: number, image: string, decoded: Decoded): void
  lines(): readonly string[]
}
const kinds = ['scaled', 'enlarged', 'behind', 'turned', 'alpha', 'deep'] as const
type Kind = (typeof kinds)[number]
const ways = {
  exact: '',
  crop: 'the shorter side scaled, the longer one cut at both ends',
  resize: 'both sides scaled, each by itself',
  pad: 'the longer side scaled, the rest filled with black',
} as const
/** Images of 16 bits whose brightest value is below that share of white are nearly black. */
const dim = 0.25
/** Forms of one camera differ by less. */
const alike = 1.05
/** The most that so many bits hold: a camera of 12 bits has 4,095. */
const fullScale = (value: number) => 2 ** Math.ceil(Math.log2(value + 1)) - 1
const figure = (number: number) => number.toLocaleString('en')

export function remarks({ size, fit, range }: Settings): Remarks {
  const found = Object.fromEntries(kinds.map(kind => [kind, new Map<number, string>()])) as Record<Kind, Map<number, string>>
  const formats = new Map<string, number>()
  let [all, brightest] = [0, 0]
  /** Width by height. */
  let [tallest, widest] = [Number.POSITIVE_INFINITY, 0]
  /** How many images, and the first of them. */
  const which = (kind: Kind) => {
    const names = [...found[kind]].sort(([a], [b]) => a - b).map(([, name]) => name)
    const first = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '')
    return `${figure(names.length)} ${names.length === 1 ? 'image' : 'images'} (${first})`
  }
  return {
    add: (n, image, { width, height, format, behind, turned, alpha, brightest: value }) => {
      const smaller = fit === 'pad' ? Math.max(width, height) < size : Math.min(width, height) < size
      const [scaled, deep] = [width !== size || height !== size, value !== undefined]
      const is: Readonly<Record<Kind, boolean>> = { scaled, enlarged: smaller, behind: behind > 0, turned, alpha, deep }
      for (const kind of kinds) if (is[kind]) found[kind].set(n, image)
      formats.set(format, (formats.get(format) ?? 0) + 1)
      brightest = Math.max(brightest, value ?? 0)
      tallest = Math.min(tallest, width / height)
      widest = Math.max(widest, width / height)
      all++
    },
    lines: () => {
      const square = `${size} × ${size} pixels`
      const full = fullScale(brightest)
      const several = [...formats].sort(([, a], [, b]) => b - a).map(([format, number]) => `${figure(number)} ${format}`)
      const texts: Readonly<Record<Kind, string>> = {
        scaled: `Brought to ${square} (${ways[fit]}): ${figure(found.scaled.size)} of ${figure(all)} images.`,
        enlarged: `Warning: enlarged, since smaller than ${square}: ${which('enlarged')}.`,
        behind: `Warning: bytes behind the end were left out: ${which('behind')}.`,
        turned: `Turned upright, as EXIF says: ${which('turned')}.`,
        alpha: `Laid onto white, since they have opacity: ${which('alpha')}.`,
        deep: `Of 16 bits, ${figure(range.low)} made black and ${figure(range.high)} white: ${which('deep')}.`,
      }
      const forms = fit === 'resize' && widest / tallest > alike
      const dark = found.deep.size > 0 && brightest < dim * range.high
      return [
        ...kinds.flatMap(kind => (found[kind].size > 0 ? [texts[kind]] : [])),
        ...(forms
          ? [
              `Warning: their forms differ (${tallest.toFixed(2)} to ${widest.toFixed(2)} as wide as high), and all are made square, each distorted in another way. --fit crop or pad keeps forms.`,
            ]
          : []),
        ...(dark
          ? [
              `Warning: the brightest value of 16 bits is ${figure(brightest)}, so that all of them are dark. --range 0..${full} makes ${figure(full)} white.`,
            ]
          : []),
        ...(several.length > 1 ? [`Of several formats: ${several.join(', ')}.`] : []),
      ]
    },
  }
}
