import { ofOneImage } from '../../graph/chains.ts'
import type { Target } from '../target.ts'
import { type ArgoSettings, settings } from './settings.ts'

/** Pods of a cluster, started by Argo Workflows. */
export const argo: Target<ArgoSettings> = {
  name: 'argo',
  settings,
  paths: ['kubeconfig'],
  images: {},
  joins: ({ image }) => ofOneImage(image),
  run: async (plan, options) => (await import('./follow/run.ts')).runOnArgo(plan, options),
  compile: {
    forms: ['workflow', 'template'],
    write: async (plan, { form, ...options }) => {
      const { compile } = await import('./compile/compile.ts')
      const { manifestsOf } = await import('./compile/manifests.ts')
      const { byHand, refuseParts, warningsOf } = await import('./compile/by-hand.ts')
      const compiled = compile(plan, options)
      refuseParts(compiled, plan.name, options.environment.name)
      const manifests = manifestsOf(compiled, form === 'template' ? form : 'workflow')
      return {
        manifests,
        objects: compiled.objects,
        warnings: warningsOf(compiled, options.environment.name),
        howTo: folder => byHand(options.environment, folder, [...manifests.keys()]),
      }
    },
  },
  attach: {
    folder: async (store, run) => (await import('./follow/submission.ts')).notedIn(store, run, 1)?.folder,
    run: async (plan, options) => (await import('./follow/run.ts')).runOnArgo(plan, { ...options, attach: true }),
  },
  examine: {
    findings: async function* (environment) {
      yield* (await import('./setup/doctor.ts')).examineCluster(environment)
    },
    trial: async ({ environment, image }, name) => (await import('./setup/trial.ts')).trial(environment, name, image),
  },
  setup: {
    text: async (environment, subjects) => (await import('./setup/setup.ts')).setupText(environment, subjects),
  },
}
