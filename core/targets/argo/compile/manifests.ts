import type { Compiled, CompiledTask } from './compiled.ts'
import type { ThinWorkflow, Workflow, WorkflowTemplate } from './manifest-schema.ts'
import { yamlOf } from './yaml.ts'

/** `workflow`: what is submitted as it is. `template`: a WorkflowTemplate that stays on the cluster, and a thin Workflow that starts it. */
export type Form = 'workflow' | 'template'
/** A compiled plan as files for people: names are relative, and the same plan gives the same files. */
export function manifestsOf(compiled: Compiled, form: Form): ReadonlyMap<string, string> {
  const several = compiled.workflows.length > 1
  const own: CompiledTask[][] = compiled.workflows.map(() => [])
  for (const task of compiled.tasks) own[task.workflow]!.push(task)
  const files = compiled.workflows.flatMap((workflow, n): readonly (readonly [string, string])[] => {
    const tasks = own[n]!
    const stem = stemOf(workflow)
    const name = several ? `${stem}-${String(n + 1).padStart(String(compiled.workflows.length).length, '0')}` : stem
    if (form === 'workflow') return [[`${name}.yaml`, yamlOf(workflow, { tasks })]]
    const { template, start } = asTemplate(workflow, name)
    return [
      [`${name}.template.yaml`, yamlOf(template, { tasks })],
      [`${name}.yaml`, yamlOf(start)],
    ]
  })
  return new Map([...files, [`${stemOf(compiled.workflows[0]!)}.sources.tsv`, sourcesText(compiled)]]) // of the plan's name, as other plans' lie beside it
}
const stemOf = ({ metadata }: Workflow): string => metadata.generateName.slice(0, -1)
export function asTemplate(workflow: Workflow, name: string): { readonly template: WorkflowTemplate; readonly start: ThinWorkflow } {
  const { apiVersion, metadata, spec } = workflow
  const { generateName, ...common } = metadata
  return {
    template: { apiVersion, kind: 'WorkflowTemplate', metadata: { name, ...common }, spec },
    start: { apiVersion, kind: 'Workflow', metadata: { generateName, ...common }, spec: { workflowTemplateRef: { name } } },
  }
}
/** One line a file: its digest, which is its name below `sources/`, and where it is. */
const sourcesText = ({ sources }: Compiled): string =>
  [...sources]
    .sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
    .map(
      ({ sha256, url }) => `${sha256}\t${url.replace(/[\\\t\n\r]/g, c => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c]!)}\n`,
    )
    .join('')
