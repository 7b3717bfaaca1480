import { print } from '../display/print.ts'
import { environmentThatCan } from '../project/environments.ts'

export interface SetupOptions {
  readonly on: string
  readonly user?: readonly string[]
  readonly group?: readonly string[]
}
export async function printSetup({ on, user = [], group = user.length > 0 ? [] : ['trireme-users'] }: SetupOptions): Promise<void> {
  const { environment, target } = await environmentThatCan(on, 'setup')
  const subjects = [...user.map(name => ({ kind: 'User' as const, name })), ...group.map(name => ({ kind: 'Group' as const, name }))]
  print(process.stdout, await target.setup.text(environment, subjects))
}
