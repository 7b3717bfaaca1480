import { lookCommand } from '../../core/targets/container/command.ts'
import { ask, findEngine } from '../../core/targets/container/engine.ts'
import { runInContainers } from '../../core/targets/container.ts'
import { type Target, total } from './target.ts'

const image = process.env.TRIREME_TEST_IMAGE ?? 'docker.io/library/debian:bookworm-slim'
const settings = { network: 'bridge', limits: {} } as const

export const inContainers: Target = {
  name: 'container',
  unavailable: async () => {
    try {
      const engine = findEngine(undefined)
      const look = lookCommand(engine, image) // nothing is fetched for a test
      const found = look && (await ask(look)).status === 0
      return found ? undefined : `${engine} has no image ${image}`
    } catch {
      return 'there is neither podman, docker nor apptainer'
    }
  },
  lacks: {},
  width: 4,
  patience: 120,
  confine: '',
  run: (plan, at) => runInContainers(plan, { ...at, ...total, versions: new Map(), environment: settings, image: () => image }),
}
