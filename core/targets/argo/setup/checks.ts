import type { Cluster, Resource } from '../../../kubernetes/client.ts'
import type { Finding } from '../../target.ts'
import type { ArgoEnvironment } from '../settings.ts'

export type ClusterCheck = (at: ExaminedCluster) => Promise<readonly Finding[]>
export interface ExaminedCluster {
  readonly cluster: Cluster
  readonly environment: ArgoEnvironment
}

export const ok = (name: string, needed: string, found: string): Finding => ({ name, state: 'ok', found, needed })
export const bad = (name: string, needed: string, found: string, mend: string): Finding => ({ name, state: 'bad', found, needed, mend })
export const unknown = (name: string, needed: string, found: string): Finding => ({ name, state: 'unknown', found, needed })
/** A resource that may be missing, or that this user may not look at. */
export async function lookAt<R extends Resource>(
  cluster: Cluster,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<R | 'missing' | 'hidden'> {
  const { status, text } = await cluster.ask('GET', path, { accept: [403, 404], patience: 5_000, query })
  return status === 404 ? 'missing' : status === 403 ? 'hidden' : JSON.parse(text)
}
