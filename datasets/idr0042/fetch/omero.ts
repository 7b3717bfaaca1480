import { expectStatus, type Patience, persistently, Refused, Transient } from '../../../steps/http.ts'

/** Keys and values of an image's map annotations, sorted: what IDR says of it. */
export type Said = readonly (readonly [key: string, value: string])[]
interface Page {
  readonly data: readonly { readonly '@id': number; readonly Name: string }[]
  readonly meta?: { readonly totalCount?: number }
}
interface Annotations {
  readonly annotations: readonly { readonly values?: readonly (readonly [string, string])[] }[]
}
const pageSize = 200

/** OMERO's JSON API as IDR offers it to everybody. A session is a cookie, asked for once and renewed when it runs out. */
export class Omero {
  readonly #base: string
  readonly #patience: Patience
  #cookies: Promise<string> | undefined
  constructor(base: string, patience: Patience) {
    this.#base = base.replace(/\/+$/, '')
    this.#patience = patience
  }
  /** Every image of a project's datasets: name → id. */
  async images(project: number): Promise<ReadonlyMap<string, number>> {
    const ids = new Map<string, number>()
    for (const dataset of await this.#all(`/api/v0/m/projects/${project}/datasets/`))
      for (const image of await this.#all(`/api/v0/m/datasets/${dataset['@id']}/images/`)) ids.set(baseName(image.Name), image['@id'])
    return ids
  }
  /** What the map annotations of an image say. */
  async said(image: number): Promise<Said> {
    const { annotations } = await this.#json<Annotations>(`/webclient/api/annotations/?type=map&image=${image}`, has('annotations'))
    const pairs = annotations.flatMap(({ values = [] }) => values.map(([key, value]) => [key, value] as const))
    const distinct = new Map(pairs.map(pair => [JSON.stringify(pair), pair]))
    return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair)
  }
  async #all(path: string): Promise<Page['data']> {
    const all: Page['data'][number][] = []
    for (;;) {
      const { data, meta } = await this.#json<Page>(`${path}?limit=${pageSize}&offset=${all.length}`, has('data'))
      all.push(...data)
      if (data.length === 0 || all.length >= (meta?.totalCount ?? Number.POSITIVE_INFINITY)) return all
    }
  }
  async #json<T>(path: string, right: (answer: unknown) => boolean): Promise<T> {
    return persistently(this.#patience, async ({ signal, alive }) => {
      const ask = async () => {
        this.#cookies ??= this.#session()
        return fetch(this.#base + path, {
          headers: { cookie: await this.#cookies, accept: 'application/json' },
          signal,
          redirect: 'manual',
        })
      }
      let response = await ask()
      // A session that has run out is refused, or sent to the page for logging in.
      if ([302, 401, 403].includes(response.status)) {
        await response.body?.cancel()
        this.#cookies = undefined
        response = await ask()
      }
      alive()
      expectStatus(response, 200)
      const answer = await parsed(response)
      if (!right(answer)) throw new Refused(`${this.#base + path} with something else than the JSON API, and`, response.status)
      return answer as T // looked at just now, as far as it is used
    })
  }
  #session(): Promise<string> {
    const session = persistently(this.#patience, async ({ signal, alive }) => {
      const jar = new Map<string, string>()
      let url = `${this.#base}/webclient/?experimenter=-1`
      for (let hops = 0; hops < 6; hops++) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const response = await fetch(url, { signal, redirect: 'manual', headers: { cookie } })
        alive()
        await response.body?.cancel()
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
          jar.set(name.trim(), value)
        }
        const next = response.headers.get('location')
        if (response.status >= 300 && response.status < 400 && next !== null) {
          url = new URL(next, url).href
          continue
        }
        expectStatus(response, 200)
        return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      }
      throw new Refused(url, 310)
    })
    session.catch(() => {
      this.#cookies = undefined
    })
    return session
  }
}
const has = (name: string) => (answer: unknown) =>
  typeof answer === 'object' &&
  answer !== null &&
  name in answer &&
  Array.isArray(Object.entries(answer).find(([key]) => key === name)?.[1])
/** An answer that is cut short is asked for again. */
async function parsed(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new Transient(`${response.url} sends what is no whole JSON: ${text.slice(-40)}`)
  }
}
/** IDR's names may have a series after them: `33381_0_fal_10_0.png [0]`. */
const baseName = (name: string) => /([^/]*\.png)/.exec(name)?.[1] ?? name
