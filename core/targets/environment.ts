import { z } from 'zod'
import { shown, TriremeError } from '../errors.ts'
import { looksSecret } from './fields.ts'
import { type Environment, environment } from './settings.ts'

/**
 * An environment from its settings.
 * @param where the file they stand in
 * @throws TriremeError `ENVIRONMENT` with every wrong field: its place, what would be right, and what it is
 */
export function readEnvironment(name: string, settings: unknown, where: string): Environment {
  const owner = `Environment "${name}" in ${where}`
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new TriremeError('ENVIRONMENT', `${owner}: its name has to be lower-case letters, digits and "-", such as on-prem. Rename it.`)
  const read = environment.safeParse(settings)
  if (read.success) return { name, ...read.data }
  const faults = read.error.issues.map(issue => faultText(issue, settings))
  const lines = faults.length === 1 ? ` ${faults[0]}` : `\n${faults.map(fault => `  ${fault}`).join('\n')}\n`
  throw new TriremeError('ENVIRONMENT', `${owner}:${lines.trimEnd()} See docs/reference/environments.md.`)
}
type Issue = z.core.$ZodIssue
function faultText(issue: Issue, settings: unknown): string {
  const place = issue.path.map((part, n) => (typeof part === 'number' ? `[${part}]` : n === 0 ? String(part) : `.${String(part)}`)).join('')
  const before = place === '' ? '' : `${place}: `
  if (issue.code === 'unrecognized_keys') return `${before}${unknownText(issue.keys, issue.path, settings)}`
  if (issue.code === 'invalid_union' && issue.path.join() === 'target')
    return `target: expected local, container or argo. ${gotText(settings, issue)}`
  // A key of a record that does not fit is told with the fault of the key itself.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  const plain = message.replace(/^Invalid input: /, '').replace(/, received .*$/, '')
  return `${before}${plain.replace(/\.?$/, '.')} ${gotText(settings, issue)}`.trimEnd()
}
function gotText(settings: unknown, issue: Issue): string {
  const value = issue.path.reduce<unknown>((at, part) => (isRecord(at) ? at[String(part)] : undefined), settings)
  if (value === undefined) return 'It is missing.'
  const secret = issue.code === 'custom' && issue.params?.secret === true
  return secret || looksSecret(String(value)) ? '' : `Got ${shown(value)}.`
}
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

/** Secrets are most often given under a name of their own: their values are not shown either. */
function unknownText(keys: readonly string[], path: readonly PropertyKey[], settings: unknown): string {
  const what = keys.length === 1 ? `there is no setting ${keys[0]}` : `there are no settings ${keys.join(', ')}`
  const secret = keys.some(key => /secret|password|token|access.?key/i.test(key))
    ? ' Secrets are given by reference only: bucket.credentials.secret names a Secret of the cluster, bucket.credentials.client environment variables.'
    : ''
  return `${what}; there are ${settingsAt(path, settings).join(', ')}.${secret}`
}
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly const?: unknown
  readonly additionalProperties?: Shape | boolean
}
/** Names of the settings that may stand at a place. */
function settingsAt(path: readonly PropertyKey[], settings: unknown): readonly string[] {
  const whole = z.toJSONSchema(environment, { io: 'input', unrepresentable: 'any' }) as Shape // what the zod schema is written as
  const target = isRecord(settings) ? settings.target : undefined
  let at = (whole.oneOf ?? whole.anyOf ?? []).find(each => each.properties?.target?.const === target)
  for (const part of path)
    at =
      typeof part === 'number'
        ? at?.items
        : (at?.properties?.[String(part)] ?? (typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined))
  return Object.keys(at?.properties ?? {})
}
