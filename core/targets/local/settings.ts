import { z } from 'zod'
import { shared } from '../../environment/settings.ts'

export const settings = z.strictObject({ target: z.literal('local'), ...shared })
export type LocalSettings = z.output<typeof settings>
