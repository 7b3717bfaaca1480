import { TriremeError } from '../../../errors.ts'
import type { Compiled } from './compiled.ts'
import type { DagTask, DagTemplate, PodTemplate, Template, WorkflowSpec } from './manifest-schema.ts'
import { mostBytes } from './workflows.ts'

/**
 * What a schema cannot check: that everything named is there, that nothing waits for itself, that nothing is too large, and that no text has
 * braces that the compiler did not write. Runs at every compilation; a fault here is one of the compiler, not of a plan.
 * @throws TriremeError `ENVIRONMENT`
 */
export function checkManifests({ workflows, objects, sources, tasks }: Compiled): void {
  const faults: string[] = []
  const stored = new Set([...[...objects.keys()], ...sources.map(({ sha256 }) => `sources/${sha256}`)])
  const placed = workflows.map(({ spec }) => namesIn(spec))
  for (const { name, workflow } of tasks)
    if (!placed[workflow]?.has(name)) faults.push(`task ${name} is in no DAG of workflow ${workflow + 1}`)
  for (const [n, workflow] of workflows.entries()) {
    faults.push(...specFaults(workflow.spec, stored))
    const size = JSON.stringify(workflow).length
    if (size > mostBytes) faults.push(`workflow ${n + 1} has ${size} bytes, more than ${mostBytes}`)
  }
  if (faults.length > 0)
    throw new TriremeError(
      'ENVIRONMENT',
      `The plan was compiled to something that Argo would not run:\n  ${faults.slice(0, 10).join('\n  ')}`,
    )
}
/** Names of all tasks of all its DAGs. */
function namesIn({ templates }: WorkflowSpec): ReadonlySet<string> {
  const names = new Set<string>()
  for (const template of templates) if (isDag(template)) for (const { name } of template.dag.tasks) names.add(name)
  return names
}
const isDag = (template: Template): template is DagTemplate => 'dag' in template

function specFaults(spec: WorkflowSpec, stored: ReadonlySet<string>): readonly string[] {
  const templates = new Map(spec.templates.map(template => [template.name, template]))
  const faults = [...locationFaults(spec)]
  if (templates.size !== spec.templates.length) faults.push('two templates have one name')
  if (spec.templates.length > 200) faults.push(`${spec.templates.length} templates, more than 200`)
  if (!templates.has(spec.entrypoint)) faults.push(`there is no template ${spec.entrypoint}, where it begins`)
  for (const template of spec.templates)
    faults.push(
      ...(isDag(template) ? dagFaults(template, templates, stored) : podFaults(template)).map(fault => `${template.name}: ${fault}`),
    )
  return [...faults, ...rounds(spec.entrypoint, templates)]
}
/** Argo ignores a location that lacks one of these, and silently uses the controller's own repository. */
function locationFaults({ artifactRepositoryRef, templateDefaults }: WorkflowSpec): readonly string[] {
  if (artifactRepositoryRef) return []
  const s3 = templateDefaults?.archiveLocation.s3
  const lacking = (['endpoint', 'bucket', 'key'] as const).filter(name => !s3?.[name])
  const wrong = [...(s3?.key ?? '').matchAll(/\{\{([^}]*)\}\}/g)].filter(([, name = '']) => !/^(workflow|pod)\.name$/.test(name))
  return [
    ...(lacking.length > 0
      ? [`pods would use the artifact repository of the controller: archiveLocation has no ${lacking.join(', ')}`]
      : []),
    ...wrong.map(([tag]) => `archiveLocation has ${tag}, which is not known`),
  ]
}
function dagFaults({ inputs, dag }: DagTemplate, templates: ReadonlyMap<string, Template>, stored: ReadonlySet<string>): readonly string[] {
  const faults: string[] = []
  const byName = new Map(dag.tasks.map(task => [task.name, task]))
  const own = new Set(inputs?.parameters.map(({ name }) => name))
  if (byName.size !== dag.tasks.length) faults.push('two tasks have one name')
  if (dag.tasks.length > 200) faults.push(`${dag.tasks.length} tasks, more than 200`)
  for (const task of dag.tasks) {
    const add = (fault: string) => faults.push(`task ${task.name} ${fault}`)
    for (const before of task.dependencies ?? []) if (!byName.has(before)) add(`waits for ${before}, which is not there`)
    const template = templates.get(task.template)
    if (!template) {
      add(`is of template ${task.template}, which is not there`)
      continue
    }
    const given = task.arguments?.parameters ?? []
    const wanted = template.inputs?.parameters ?? []
    if (given.length !== wanted.length || given.some(({ name }, n) => name !== wanted[n]!.name)) {
      const names = new Set(given.map(({ name }) => name))
      for (const { name } of wanted) if (!names.has(name)) add(`lacks the parameter ${name}`)
      if (names.size !== given.length || given.length !== wanted.length)
        add('has a parameter that its template does not know, or one twice')
    }
    for (const { name, value } of given) {
      if (!isValue(value, own, task.withParam !== undefined))
        add(`has ${JSON.stringify(value)} for ${name}, which is neither a key nor a parameter`)
      if (name === 'w' && !stored.has(`objects/${value}`)) add(`has a job that is no object: ${value}`)
    }
    if (task.withParam !== undefined && !isItems(task, byName, templates))
      add(`runs over ${task.withParam}, which no task that it waits for tells`)
  }
  return [...faults, ...circle(dag.tasks)]
}
const sha256Pattern = /^[0-9a-f]{64}$/
function isValue(value: string, own: ReadonlySet<string>, loop: boolean): boolean {
  if (sha256Pattern.test(value)) return true
  const [, from, name = ''] = /^\{\{(inputs\.parameters|item)\.([a-z0-9]+)\}\}$/.exec(value) ?? []
  return from === 'item' ? loop : from !== undefined && own.has(name)
}
function isItems(
  { withParam = '', dependencies = [] }: DagTask,
  tasks: ReadonlyMap<string, DagTask>,
  templates: ReadonlyMap<string, Template>,
) {
  const [, list = '', name = ''] = /^\{\{tasks\.([^.]+)\.outputs\.parameters\.([^.]+)\}\}$/.exec(withParam) ?? []
  const template = templates.get(tasks.get(list)?.template ?? '')
  return dependencies.includes(list) && template && !isDag(template) && template.outputs.parameters?.some(each => each.name === name)
}
/** Known in every template: the run's name, and in one that is tried again the number of the attempt. */
const knownVariables = new Set(['workflow.name', 'retries'])
function podFaults({ inputs, outputs, container, podSpecPatch = '' }: PodTemplate): readonly string[] {
  const faults: string[] = []
  const parameters = new Set(inputs.parameters.map(({ name }) => name))
  const used = new Set<string>()
  const text = (where: string, value: string) => {
    for (const [, name = ''] of value.matchAll(/\{\{([^}]*)\}\}/g)) {
      const parameter = /^inputs\.parameters\.(.+)$/.exec(name)?.[1]
      if (parameter !== undefined) used.add(parameter)
      if (!knownVariables.has(name) && (parameter === undefined || !parameters.has(parameter)))
        faults.push(`${where} has {{${name}}}, which is not known`)
    }
    if (/\{\{|\}\}/.test(value.replace(/\{\{[^{}]*\}\}/g, ''))) faults.push(`${where} has braces that are none of ours: ${value}`)
  }
  for (const group of [inputs.artifacts, outputs.artifacts]) {
    const names = new Set(group.map(({ name }) => name))
    if (names.size !== group.length) faults.push('two artifacts have one name')
    for (const { name, path, s3 } of group) {
      text(`artifact ${name}`, path)
      text(`artifact ${name}`, s3.key)
    }
  }
  for (const { name, value } of container.env) text(name, value)
  for (const word of [container.image, ...container.command]) text('container', word)
  if (podSpecPatch.replace(/\{\{=lastRetry\.message[^{}]*\}\}/g, '').includes('{{'))
    faults.push('podSpecPatch has braces that are none of ours')
  for (const name of parameters) if (!used.has(name)) faults.push(`parameter ${name} serves nothing`)
  return faults
}
/** Tasks that wait for one another in a circle. */
function circle(tasks: readonly DagTask[]): readonly string[] {
  const open = new Map(tasks.map(({ name, dependencies = [] }) => [name, dependencies.length]))
  const followers = new Map<string, string[]>()
  for (const { name, dependencies = [] } of tasks)
    for (const before of dependencies) {
      const others = followers.get(before)
      if (others) others.push(name)
      else followers.set(before, [name])
    }
  const ready = [...open].flatMap(([name, waits]) => (waits === 0 ? [name] : []))
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    open.delete(name)
    for (const next of followers.get(name) ?? []) {
      const waits = open.get(next)! - 1
      open.set(next, waits)
      if (waits === 0) ready.push(next)
    }
  }
  return open.size > 0 ? [`tasks wait for one another: ${[...open.keys()].slice(0, 5).join(', ')}`] : []
}
/** A DAG template that has itself among its tasks would never end; one that nothing calls would never run. */
function rounds(entrypoint: string, templates: ReadonlyMap<string, Template>): readonly string[] {
  const faults: string[] = []
  const seen = new Set<string>()
  const visit = (name: string, above: readonly string[]) => {
    if (above.includes(name)) faults.push(`template ${name} calls itself`)
    if (seen.has(name) || above.includes(name)) return
    seen.add(name)
    const template = templates.get(name)
    if (template && isDag(template))
      for (const next of new Set(template.dag.tasks.map(task => task.template))) visit(next, [...above, name])
  }
  visit(entrypoint, [])
  for (const name of templates.keys()) if (!seen.has(name)) faults.push(`template ${name} serves nothing`)
  return faults
}
