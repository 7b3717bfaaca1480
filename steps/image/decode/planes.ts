import { plainStack, type Stack, stackOfImageJ, stackOfOme } from '../formats/ome.ts'
import type { Tiff } from '../formats/tiff.ts'
import type { Settings } from './settings.ts'

/** One value of each pixel of a page. */
export interface Sample {
  readonly page: number
  readonly sample: number
}
/** A page with the colours that it has; or what becomes red, green and blue. */
export interface Chosen {
  readonly page: number
  readonly colours?: readonly (Sample | undefined)[]
}
/** What of a file becomes pixels; or why nothing does, in words that follow its name. */
export function choose(file: Tiff, { plane, channels }: Pick<Settings, 'plane' | 'channels'>): Chosen | string {
  const stack = stackOf(file, plane.page)
  if (typeof stack === 'string') return stack
  const { z = 0, t = 0 } = plane
  const asked = [['z', plane.z], ['t', plane.t], ...(channels ?? []).map(channel => ['c', channel] as const)] as const
  for (const [axis, number] of asked)
    if (number !== undefined && number >= stack[axis]) return `has no ${axis}=${number}; its ${axis} goes ${span(stack[axis])}`
  const open = stack.z > (plane.z === undefined ? 1 : stack.z) || stack.t > (plane.t === undefined ? 1 : stack.t)
  if (open || (channels === undefined && stack.c > stack.together)) return severalPlanes(stack)
  const colours: (Sample | undefined)[] = []
  for (const channel of channels ?? [0]) {
    const page = channel === undefined ? undefined : stack.page(z, channel, t)
    if (channel !== undefined && (page === undefined || page >= file.pages.length))
      return `lacks the plane z=${z},c=${channel},t=${t}: another file of its set has it, or it was cut off. Save all as one OME-TIFF`
    colours.push(page === undefined ? undefined : { page, sample: channel! % stack.together })
  }
  const page = colours.find(colour => colour !== undefined)?.page ?? 0
  return channels === undefined ? { page } : { page, colours }
}
function stackOf({ pages, description }: Tiff, page: number | undefined): Stack | string {
  const alone = (page: number): Stack => ({ ...plainStack(pages[page]!.samples), together: pages[page]!.samples, page: () => page })
  if (page !== undefined) return page < pages.length ? alone(page) : `has no page ${page}; its pages go ${span(pages.length)}`
  if (/<(\w+:)?OME\b/.test(description)) return stackOfOme(description, pages[0]!.samples)
  const stack = /^ImageJ=/.test(description) ? stackOfImageJ(description, pages) : undefined
  if (stack !== undefined) return stack
  const whole = pages.flatMap(({ reduced }, page) => (reduced ? [] : [page]))
  return whole.length === 1 ? alone(whole[0]!) : { ...plainStack(whole.length), page: (_z, c) => whole[c] }
}
const span = (size: number) => `from 0 to ${size - 1}`

function severalPlanes({ z, c, t, together }: Stack): string {
  const axes = Object.entries({ z, c: c > together ? c : 1, t }).filter(([, size]) => size > 1)
  const places = axes.filter(([axis]) => axis !== 'c').map(([axis]) => `${axis}=0`)
  const words = [
    ...(places.length > 0 ? [`--plane ${places.join(',')}`] : []),
    ...(c > together ? [`--channels ${firstThree(c)}; one channel becomes grey`] : []),
  ]
  const planes = ((z * c * t) / together).toLocaleString('en')
  return `holds ${planes} planes (${axes.map(([axis, size]) => `${axis} ${span(size)}`).join(', ')}). Choose, such as by ${words.join(' ')}`
}
const firstThree = (channels: number) => Array.from({ length: Math.min(channels, 3) }, (_, channel) => channel).join(',')
/** Where a pixel has values, and nothing says which is red. */
export const colourless = (samples: number): string =>
  `has ${samples} values a pixel, and says of none which colour it is. Choose, such as by --channels ${firstThree(samples)}; one channel becomes grey`
