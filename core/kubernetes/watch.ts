import { TriremeError } from '../errors.ts'
import { type Cluster, Gone, type Resource } from './client.ts'

/** What is told of resources: all there are, at first and whenever changes may have been missed; then one change after another. */
export type Change<R extends Resource> =
  | { readonly type: 'all'; readonly items: readonly R[] }
  | { readonly type: 'changed' | 'deleted'; readonly item: R }

interface List<R> extends Resource {
  readonly metadata?: Resource['metadata'] & { readonly continue?: string }
  readonly items?: readonly R[]
}
/** Resources in one answer: a pod takes some 10 kB, and a run may have thousands. With 500 the client needs 20 MiB more. */
const page = 100
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
        version = await listed(cluster, path, query, tell, signal)
      }
      const watching = { ...query, watch: 'true', allowWatchBookmarks: 'true', resourceVersion: version, timeoutSeconds: '90' }
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
/** Lists page by page, so that never all of them are held. @returns the version to watch from, that of every page */
async function listed<R extends Resource>(
  cluster: Cluster,
  path: string,
  query: Readonly<Record<string, string>>,
  tell: (change: Change<R>) => void,
  signal: AbortSignal,
): Promise<string> {
  let next: string | undefined
  for (;;) {
    const asked = { ...query, limit: String(page), ...(next !== undefined && { continue: next }) }
    const { status, text } = await cluster.ask('GET', path, { query: asked, signal, accept: [410] })
    if (status === 410) throw new Gone(status)
    const { metadata, items = [] }: List<R> = JSON.parse(text) // an API server speaks JSON
    if (next === undefined) tell({ type: 'all', items })
    else for (const item of items) tell({ type: 'changed', item })
    next = metadata?.continue
    if (!next) return metadata?.resourceVersion ?? ''
  }
}
