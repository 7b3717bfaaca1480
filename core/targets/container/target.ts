import { ofOneImage } from '../../graph/chains.ts'
import type { Target } from '../target.ts'
import { type ContainerSettings, settings } from './settings.ts'

/** Containers of this machine. */
export const container: Target<ContainerSettings> = {
  name: 'container',
  settings,
  images: { files: true, engine: ({ engine }) => engine },
  joins: ({ image }) => ofOneImage(image),
  run: async (plan, options) => (await import('./index.ts')).runInContainers(plan, options),
}
