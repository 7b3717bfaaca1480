import { existsSync } from 'node:fs'
import { type Engine, engines } from '../core/environment/engines.ts'
import { lookCommand } from '../core/targets/container/command.ts'
import { ask, findEngine } from '../core/targets/container/engine.ts'

/** Plain Debian. */
export const testImage = 'docker.io/library/debian:bookworm-slim'
/** With what tests run real containers: `TRIREME_TEST_ENGINE`, or the first engine that is there; `TRIREME_TEST_IMAGE`, or plain Debian. */
export interface Here {
  readonly engine: Engine
  /** For apptainer a file or folder. */
  readonly image: string
}
/** What there is, or why nothing can be run. */
export async function containersHere(settings: NodeJS.ProcessEnv = process.env): Promise<Here | string> {
  const wanted = settings.TRIREME_TEST_ENGINE || undefined
  const known = engines.find(each => each === wanted)
  if (wanted !== undefined && !known) throw new Error(`TRIREME_TEST_ENGINE is ${wanted}; ${engines.join(', ')} are known.`)
  const engine = (() => {
    try {
      return findEngine(known, settings.PATH)
    } catch {
      return undefined
    }
  })()
  if (!engine) return `there is no ${known ?? engines.join(', ')}`
  const image = settings.TRIREME_TEST_IMAGE ?? testImage
  const look = lookCommand(engine, image) // nothing is fetched for a test
  const found = look ? (await ask(look)).status === 0 : existsSync(image)
  return found ? { engine, image } : `${engine} has no image ${image}`
}
