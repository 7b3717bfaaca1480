import type { Cluster, Resource } from '../../../kubernetes/client.ts'
import type { Stuck, UnstartedPod } from './status.ts'

interface Happenings extends Resource {
  readonly items?: readonly {
    readonly reason?: string
    readonly message?: string
    readonly lastTimestamp?: string
    readonly eventTime?: string
  }[]
}
/** Why a pod that has a node does not start: only the events of its namespace tell. */
export class PodEvents {
  readonly #cluster: Cluster | undefined
  readonly #known = new Map<string, { readonly asked: number; readonly told: Stuck | undefined }>()
  readonly #pause: number
  /** @param pause milliseconds that a pod may take to mount what it needs before anybody is asked, and between two questions */
  constructor(cluster: Cluster | undefined, pause: number) {
    this.#cluster = cluster
    this.#pause = pause
  }
  /** @returns undefined while it only takes its time */
  async why(pod: UnstartedPod): Promise<Stuck | undefined> {
    const known = this.#known.get(pod.uid)
    if (known && Date.now() - known.asked < this.#pause) return known.told
    this.#known.set(pod.uid, { asked: Date.now(), told: known?.told })
    if (!known) return undefined
    const told = await this.#ask(pod)
    this.#known.set(pod.uid, { asked: Date.now(), told })
    return told
  }
  async #ask({ uid, name }: UnstartedPod): Promise<Stuck | undefined> {
    if (!this.#cluster) return undefined
    const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning` }
    const { status, text } = await this.#cluster.ask('GET', this.#cluster.path('events'), { query, accept: [403], patience: 10_000 })
    if (status === 403) return eventsHidden(name)
    const { items = [] }: Happenings = JSON.parse(text) // an API server speaks JSON; fields are looked at as they may be absent
    const time = ({ lastTimestamp, eventTime }: (typeof items)[number]) => Date.parse(lastTimestamp ?? eventTime ?? '') || 0
    const last = items
      .filter(({ reason = '' }) => /^Failed(?!Scheduling)|Error$/.test(reason)) // it has a node since
      .sort((a, b) => time(a) - time(b))
      .at(-1)
    return last && startFault(last.reason ?? '', last.message ?? '')
  }
}
const eventsHidden = (name: string): Stuck => ({
  why: 'it has a node and does not start; the reason is in the events of the namespace, which you may not read',
  passing: true,
  advice: `Ask who may: kubectl describe pod ${name}. With the Role of "trireme cluster-setup" bound to you, it is told here.`,
})
function startFault(reason: string, message: string): Stuck {
  const absent = /not found|non-existent|couldn't find key|does not exist/i.test(message)
  return {
    why: `it cannot start (${reason}: ${message.replaceAll('\n', ' ').replace(/\.$/, '')})`,
    passing: !absent,
    advice: absent
      ? 'Have what is named there made, or correct its name in the environment: "trireme doctor" looks for it.'
      : 'It is tried again and again; ask who keeps the cluster.',
  }
}
