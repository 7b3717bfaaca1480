import type { Plan } from '../../core/graph/plan.ts'
import { type Layouts, promisedPlaces } from '../results/layout.ts'
import { infoPaths } from '../results/pipeline-info.ts'
import { checkPlaces, type Guard } from '../results/places.ts'
import { infoPlace } from '../results/publish.ts'
import { PublishedFiles } from '../results/published.ts'

/**
 * Checks where every result will lie, as far as that is known before anything runs.
 * @throws TriremeError `PARAMETER` for a name that is no path, `STORE` where a file would be lost
 */
export function checkPublication(plan: Plan, layout: Layouts | undefined, out: string, guard: Guard): Promise<void> {
  const places = [...promisedPlaces(plan.results, layout), ...infoPaths.map(to => infoPlace(to))]
  return checkPlaces(out, places, new PublishedFiles(out), guard, 'Nothing has run.')
}
