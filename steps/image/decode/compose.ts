import type { Sample } from './planes.ts'
import type { Head, Source } from './source.ts'

/** 16 bits as 8, by a table of all values. */
export type Lookup = Uint8ClampedArray
export const lookup = (low: number, high: number): Lookup =>
  Uint8ClampedArray.from({ length: 65_536 }, (_, value) => Math.round(((value - low) / (high - low)) * 255))
export const brightestOf = (values: Uint16Array): number => values.reduce((most, value) => (value > most ? value : most), 0)

/** Pixels whose colours are samples of one page or several: as many colours as are asked for, of 8 bits. What is undefined stays 0. */
export async function compose(
  source: Source,
  heads: ReadonlyMap<number, Head>,
  colours: readonly ((Sample & { readonly eight: Lookup }) | undefined)[],
): Promise<{ readonly pixels: Buffer; readonly brightest: number }> {
  const [{ width, height } = { width: 0, height: 0 }] = heads.values()
  const [count, among] = [width * height, colours.length]
  const pixels = Buffer.alloc(count * among)
  let brightest = 0
  for (const [page, { grey }] of heads) {
    const { values, samples } = await source.values(page)
    if (values instanceof Uint16Array) brightest = Math.max(brightest, brightestOf(values))
    for (const [to, colour] of colours.entries()) {
      if (colour?.page !== page) continue
      const from = grey && colour.sample > 0 ? colour.sample + 2 : colour.sample // grey comes as three colours
      if (values instanceof Uint16Array) for (let n = 0; n < count; n++) pixels[n * among + to] = colour.eight[values[n * samples + from]!]!
      else for (let n = 0; n < count; n++) pixels[n * among + to] = values[n * samples + from]!
    }
  }
  return { pixels, brightest }
}
