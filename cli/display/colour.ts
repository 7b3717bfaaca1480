import { inspect } from 'node:util'

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold'
export type Paint = (colour: Colour, text: string) => string
interface ColourStream {
  readonly isTTY?: boolean | undefined
  hasColors?(): boolean
}
/**
 * Whether text for a stream is coloured: on a terminal that has colours, unless `NO_COLOR` (https://no-color.org) is set; elsewhere not, unless
 * `FORCE_COLOR` is set and not 0. Set both, the latter counts, as in Node itself.
 */
export function isColoured(stream: ColourStream, env: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env
  const forced = force === undefined ? undefined : force !== '0' && force !== 'false'
  return forced ?? (!no && env.TERM !== 'dumb' && stream.isTTY === true && (stream.hasColors?.() ?? true))
}
export function painter(stream: ColourStream, env: NodeJS.ProcessEnv = process.env): Paint {
  if (!isColoured(stream, env)) return (_, text) => text
  // Node's own table. Its `styleText` looks at the standard output of its own accord from 22.13 on, and not before.
  return (colour, text) => {
    const [on, off] = inspect.colors[colour] ?? [0, 0]
    return `\u001b[${on}m${text}\u001b[${off}m`
  }
}
/** A message whose first line says what failed. */
export const failure = (paint: Paint, message: string): string => {
  const [first = '', ...rest] = message.split('\n')
  return [paint('red', first), ...rest].join('\n')
}
