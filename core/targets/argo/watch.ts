import { TriremeError } from '../../errors.ts'
import { type Cluster, Gone, type Resource } from './cluster.ts'

/** What is told of resources: all there are, at first and whenever changes may have been missed; then one change after another. */
export type Change<R extends Resource> =
  | { readonly type: 'all'; readonly items: readonly R[] }
  | { readonly type: 'changed' | 'deleted'; readonly item: R }

interface List<R> extends Resource {
  readonly items?: readonly R[]
}
interface Line {
  readonly type: string
  readonly object: Resource & { readonly code?: number; readonly message?: string }
}
/**
 * Follows resources until the signal: lists them, then watches from there on. A watch that ends goes on from its last version; one whose
 * version is gone (410), or whose server was away, lists again. So nothing is missed by a sleeping laptop or a restarted server.
 * @throws TriremeError `ENVIRONMENT` when the server refuses, or stays away for longer than the cluster's patience
 */
export async function follow<R extends Resource>(
  cluster: Cluster,
  path: string,
  query: Readonly<Record<string, string>>,
  tell: (change: Change<R>) => void,
  signal: AbortSignal,
): Promise<void> {
  let version: string | undefined
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await cluster.get<List<R>>(path, { query, signal })
        version = list.metadata?.resourceVersion ?? ''
        tell({ type: 'all', items: list.items ?? [] })
      }
      const watching = { ...query, watch: 'true', allowWatchBookmarks: 'true', resourceVersion: version, timeoutSeconds: '240' }
      for await (const text of cluster.lines(path, watching, signal)) {
        const line: Line = JSON.parse(text) // written by the API server
        if (line.type === 'ERROR') throw new Gone(line.object.code ?? 0)
        version = line.object.metadata?.resourceVersion ?? version
        if (line.type === 'ADDED' || line.type === 'MODIFIED') tell({ type: 'changed', item: line.object as R }) // of the kind that was asked for
        if (line.type === 'DELETED') tell({ type: 'deleted', item: line.object as R })
      }
    } catch (cause) {
      if (signal.aborted) return
      if (cause instanceof TriremeError) throw cause
      version = undefined // cut off in the middle, or gone: list again
      await new Promise(done => setTimeout(done, 500))
    }
  }
}
