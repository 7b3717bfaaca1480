import { anyTwo } from '../../graph/chains.ts'
import type { Target } from '../target.ts'
import { type LocalSettings, settings } from './settings.ts'

/** Processes of this machine. */
export const local: Target<LocalSettings> = {
  name: 'local',
  settings,
  joins: () => anyTwo,
  run: async (plan, options) => (await import('./index.ts')).runLocally(plan, options),
}
