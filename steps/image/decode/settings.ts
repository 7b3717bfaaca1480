import { Fault } from '../../script.ts'

export type Fit = 'exact' | 'crop' | 'resize' | 'pad'
/** A plane of an image of several: a page, or a place among all. Counted from 0; what is not given is open. */
export interface Plane {
  readonly page?: number
  readonly z?: number
  readonly c?: number
  readonly t?: number
}
/** Numbers of the channels that become red, green and blue, from 0; undefined stays black. */
export type Channels = readonly [red: number | undefined, green: number | undefined, blue: number | undefined]
/** How images become pixels of one form. */
export interface Settings {
  readonly size: number
  readonly fit: Fit
  /** Of 16 bits: what becomes black, and what white. */
  readonly range: { readonly low: number; readonly high: number }
  readonly plane: Plane
  /** Undefined: the colours that the image has. */
  readonly channels: Channels | undefined
}
/**
 * The words of the step's parameters, whose form its schema has looked at.
 * @throws Fault where they contradict each other
 */
export function settingsOf(words: Readonly<Record<'size' | 'fit' | 'range' | 'plane' | 'channels', string>>): Settings {
  const [low = 0, high = 0] = words.range === 'full' ? [0, 65_535] : words.range.split('..').map(Number)
  if (low >= high) throw new Fault(`--range ${words.range} has no values between its ends. Give the smaller number first, such as 0..4095.`)
  const numbers = words.plane === 'only' ? [] : words.plane.split(',').map(each => each.split('='))
  const plane: Plane = Object.fromEntries(numbers.map(([axis, number]) => [axis, Number(number)]))
  const own = words.channels === 'own'
  if (!own && plane.c !== undefined) throw new Fault('Channels are given by --plane and by --channels. Give one of the two.')
  const given = own ? [plane.c] : words.channels.split(',').map(each => (each === '-' ? undefined : Number(each)))
  const [red, green, blue] = given.length === 1 ? [given[0], given[0], given[0]] : given
  return {
    size: Number(words.size),
    fit: words.fit as Fit,
    range: { low, high },
    plane,
    channels: own && plane.c === undefined ? undefined : [red, green, blue],
  }
}
