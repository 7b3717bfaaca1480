import path from 'node:path'
import { readIfThere } from '../../core/files.ts'
import { jsonIn } from '../../core/store/sealed.ts'
import { provenanceSchema } from '../results/provenance.ts'
import { infoFolder } from '../results/published.ts'
import { destinationOf } from '../run/targets.ts'
import type { Told } from './journal.ts'
import type { OneRun } from './one-run.ts'
import type { Where } from './places.ts'

/** Versions of tools, and digests of images, as a run of a pipeline tells them; undefined of a command. */
export async function toldBy({ at, events }: OneRun, { environment, apart }: Where): Promise<Told | undefined> {
  if (events.length === 0) return undefined
  const read = provenanceSchema.safeParse(jsonIn(readIfThere(path.join(at.folder, infoFolder, 'provenance.json')) ?? ''))
  if (!read.success) return undefined
  const { steps } = read.data
  const programs = Object.assign({}, ...steps.map(({ tools }) => tools))
  if (!apart) return { programs, images: {} }
  const { image } = await destinationOf(environment)
  const names = [...new Set(steps.map(step => step.image))]
  // Of a reference the digest, or the tag: a registry's address is nobody's business.
  return { programs, images: Object.fromEntries(names.map(name => [name, image(name).replace(/^.*(@|[/])/, '')])) }
}
