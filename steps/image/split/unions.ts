/** Of each item the first by name of all that pairs join it to, directly or by way of others. */
export function unions(items: Iterable<string>, pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, string> {
  const next = new Map<string, string>()
  for (const item of items) next.set(item, item)
  const firstOf = (item: string): string => {
    let first = item
    while (next.get(first) !== first) first = next.get(first)!
    next.set(item, first)
    return first
  }
  for (const pair of pairs) {
    const [first, second] = pair.map(firstOf).sort() as [string, string]
    next.set(second, first)
  }
  return new Map([...next.keys()].map(item => [item, firstOf(item)]))
}
/** Values by their keys, in the order in which these are met. */
export function grouped<K, V>(values: Iterable<V>, keyOf: (value: V) => K): ReadonlyMap<K, readonly V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group) group.push(value)
    else groups.set(key, [value])
  }
  return groups
}
