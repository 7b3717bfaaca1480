import { z } from 'zod'
import { looksSecret } from '../environment/fields.ts'
import type { Environment } from '../environment/settings.ts'
import { shown, TriremeError } from '../errors.ts'
import { isRecord, placeOfText } from '../vocabulary/schema.ts'
import type { settings as argo } from './argo/settings.ts'
import type { settings as container } from './container/settings.ts'
import type { settings as local } from './local/settings.ts'
import { findTarget, targetNames } from './registry.ts'
import type { Target } from './target.ts'

/**
 * What `environments` of a trireme.config.ts holds, by name: `export const environments = { … } satisfies Environments`. Those of a target of
 * one's own are of `Environments<typeof settings>`.
 */
export type Environments<Own extends z.ZodType = never> = Readonly<
  Record<string, z.input<typeof local | typeof container | typeof argo | Own>>
>
/** The environment of plans that name none: processes of this machine, which may use all of it. */
export const localEnvironment = (): Promise<Environment> => readEnvironment('this-machine', { target: 'local' }, 'the package')

/**
 * An environment from its settings, as the target that they name has them.
 * @param where the file they stand in
 * @throws TriremeError `ENVIRONMENT` with every wrong field: its place, what would be right, and what it is
 */
export async function readEnvironment(name: string, settings: unknown, where: string): Promise<Environment> {
  const owner = `Environment "${name}" in ${where}`
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new TriremeError('ENVIRONMENT', `${owner}: its name has to be lower-case letters, digits and "-", such as on-prem. Rename it.`)
  const place = placeOfText(settings, text => /\p{Cc}/u.test(text))
  if (place)
    throw new TriremeError(
      'ENVIRONMENT',
      `${owner}: ${place.join('.')}: expected text of one line, without control characters. Write it in one. See docs/reference/environments.md.`,
    )
  const target = isRecord(settings) && typeof settings.target === 'string' ? await findTarget(settings.target) : undefined
  const read = target?.settings.safeParse(settings)
  if (read?.success) return { name, ...read.data }
  const { error } = read ?? withTarget().safeParse(settings)
  const faults = (error?.issues ?? []).map(issue => issueText(issue, settings, target))
  const lines = faults.length === 1 ? ` ${faults[0]}` : `\n${faults.map(fault => `  ${fault}`).join('\n')}\n`
  throw new TriremeError('ENVIRONMENT', `${owner}:${lines.trimEnd()} See docs/reference/environments.md.`)
}
/** Schema for settings that name no known target: it says which targets there are. */
const withTarget = () => z.object({ target: z.enum(targetNames(), `expected ${oneOf(targetNames())}`) })
const oneOf = (names: readonly string[]) => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

type Issue = z.core.$ZodIssue
function issueText(issue: Issue, settings: unknown, target: Target | undefined): string {
  const place = placeOf(settings, issue)
    .path.map((part, n) => (typeof part === 'number' ? `[${part}]` : n === 0 ? String(part) : `.${String(part)}`))
    .join('')
  const before = place === '' ? '' : `${place}: `
  if (issue.code === 'unrecognized_keys') return `${before}${unknownText(issue.keys, issue.path, target)}`
  // A key of a record that does not fit is reported with the fault of the key itself.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  const plain = message.replace(/^Invalid input: /, '').replace(/, received .*$/, '')
  return `${before}${plain.replace(/\.?$/, '.')} ${gotText(settings, issue)}`.trimEnd()
}
/** Where a fault is, and what stands there. Of a setting that has a short form, the parts of the long one are not there: what was written is. */
function placeOf(settings: unknown, issue: Issue): { readonly path: readonly PropertyKey[]; readonly value: unknown } {
  let value = settings
  for (const [n, part] of issue.path.entries()) {
    if (typeof value !== 'object' || value === null)
      return value === undefined ? { path: issue.path, value } : { path: issue.path.slice(0, n), value }
    value = Reflect.get(value, part)
  }
  return { path: issue.path, value }
}
function gotText(settings: unknown, issue: Issue): string {
  const { value } = placeOf(settings, issue)
  if (value === undefined) return 'It is missing.'
  const secret = issue.code === 'custom' && issue.params?.secret === true
  const text = shown(value)
  const mayHold = /(\/\/|:)[^/@\s]*@/.test(text) || (typeof value === 'object' && /secret|password|token|key/i.test(text))
  return secret || mayHold || issue.path.includes('credentials') || looksSecret(String(value)) ? '' : `Got ${text}.`
}

/** Secrets are most often given under an unknown setting: its value is not shown either. */
function unknownText(keys: readonly string[], path: readonly PropertyKey[], target: Target | undefined): string {
  const what = keys.length === 1 ? `there is no setting ${keys[0]}` : `there are no settings ${keys.join(', ')}`
  const secret = keys.some(key => /secret|password|token|access.?key/i.test(key))
    ? ' Secrets are given by reference only: bucket.credentials.secret names a Secret of the cluster, bucket.credentials.client environment variables.'
    : ''
  return `${what}; there are ${settingsAt(path, target).join(', ')}.${secret}`
}
interface SettingsSchema {
  readonly properties?: Readonly<Record<string, SettingsSchema>>
  readonly items?: SettingsSchema
  readonly additionalProperties?: SettingsSchema | boolean
}
/** Names of the settings that may stand at a place. */
function settingsAt(path: readonly PropertyKey[], target: Target | undefined): readonly string[] {
  if (!target) return []
  let at: SettingsSchema | undefined = z.toJSONSchema(target.settings, { io: 'input', unrepresentable: 'any' }) as SettingsSchema // what the zod schema is written as
  for (const part of path)
    at =
      typeof part === 'number'
        ? at?.items
        : (at?.properties?.[String(part)] ?? (typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined))
  return Object.keys(at?.properties ?? {})
}
