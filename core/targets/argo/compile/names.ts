/** A text reduced to letters, digits and single hyphens, at most so many: names of objects in the cluster take nothing else. */
export function plainName(text: string, most: number, otherwise: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, most)
    .replace(/^[^a-z]+|-+$/g, '')
  return plain === '' ? otherwise : plain
}
/**
 * Names of tasks: the step's, and where it is called more than once the beginning of the key, so that a line added to a pipeline renames
 * nothing else.
 */
export function taskNames(tasks: readonly { readonly step: string; readonly key: string }[]): readonly string[] {
  const calls = new Map<string, number>()
  for (const { step } of tasks) calls.set(step, (calls.get(step) ?? 0) + 1)
  const taken = new Set<string>()
  return tasks.map(({ step, key }) => {
    const plain = step.slice(0, 40)
    let name = calls.get(step) === 1 && !taken.has(plain) ? plain : `${plain}-${key.slice(0, 8)}`
    for (let length = 12; taken.has(name); length += 4) name = `${plain}-${key.slice(0, length)}`
    taken.add(name)
    return name
  })
}
