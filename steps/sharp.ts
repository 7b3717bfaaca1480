import { createRequire } from 'node:module'
import type { Sharp, SharpOptions } from 'sharp'
import { Fault } from './script.ts'

export type Library = ((input: Uint8Array, options?: SharpOptions) => Sharp) & {
  concurrency(threads: number): number
  cache(on: boolean): unknown
}
/**
 * sharp stays outside a script's bundle, since it is native code. It is looked for where the script lies, then along NODE_PATH, which an image
 * may set; `import` would not look there.
 */
export function loadSharp(from: string): Library {
  try {
    const library: Library = createRequire(from)('sharp')
    library.concurrency(1) // one image is too small to share out among threads
    library.cache(false)
    return library
  } catch (cause) {
    throw new Fault(
      `The library sharp cannot be loaded: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}. Install it with: npm install sharp`,
    )
  }
}
