import { z } from 'zod'
import { engines } from '../../environment/engines.ts'
import { shared, type WithName } from '../../environment/settings.ts'

export const settings = z.strictObject({
  target: z.literal('container'),
  ...shared,
  /** @default the first of podman, docker and apptainer that is there */
  engine: z.enum(engines, 'expected podman, docker or apptainer').optional(),
  /** What steps with `needs.network` get; all others have none. */
  network: z.enum(['bridge', 'host'], 'expected bridge or host').default('bridge'),
})
export type ContainerSettings = z.output<typeof settings>
export type ContainerEnvironment = WithName<ContainerSettings>
