import { TriremeError } from '../errors.ts'
/** Answers of a server that is overloaded or starting: the same question is worth asking again. */
export const isPassing = ({ status, text }: Answer): boolean =>
  status === 429 || ((status === 500 || (status >= 502 && status <= 504)) && !/request is too large|larger than max|webhook/.test(text))

/** What an API server's refusal means, what would be right, and what to do. */
export function faultOf(answer: Answer, method: string, path: string, at: ClusterSettings): TriremeError {
  const { status } = answer
  const message = messageOf(answer)
  const says = (text: string) => new TriremeError('ENVIRONMENT', text)
  const setup = `"trireme cluster-setup --on ${at.environment}" prints the rights that are needed`
  if (status === 401)
    return says(
      `The cluster of context "${at.context}" does not accept your credentials (401): they may have expired. Log in to the cluster again, and give the same command again; it goes on from where it was.`,
    )
  if (/exceeded quota/.test(message))
    return says(`The namespace ${at.namespace} has no quota left: ${message}. Wait until other work has ended, or ask for a larger quota.`)
  const [, webhook, policy = webhook, words] =
    /(?:admission webhook "([^"]*)"|ValidatingAdmissionPolicy '([^']*)' with binding '[^']*') denied (?:the )?request:? ?(.*)/s.exec(
      message,
    ) ?? []
  if (policy !== undefined)
    return says(
      `A policy of the cluster, ${policy}, refused the request: ${words || 'it gives no reason'}. Ask who keeps the cluster, or adapt the environment ${at.environment}.`,
    )
  if (/failed calling webhook/.test(message))
    return says(`A policy of the cluster cannot be asked, and nothing is admitted without it: ${message}. Ask who keeps the cluster.`)
  if (status === 403) {
    const [, user = 'the user', verb = method.toLowerCase(), resource = path] =
      /User "([^"]*)" cannot (\w+) resource "([^"]*)"/.exec(message) ?? []
    if (/violates PodSecurity/.test(message)) return says(`The namespace ${at.namespace} does not admit such pods: ${message}.`)
    return says(
      `${user} may not ${verb} ${resource} in the namespace ${at.namespace} (403). Have a Role with that verb bound to it: ${setup}.`,
    )
  }
  if (status === 404 && /^\/apis\/argoproj\.io\//.test(path) && /page not found|could not find the requested resource/.test(answer.text))
    return says(
      `The cluster of context "${at.context}" has no Argo Workflows: it knows no ${path.split('/')[6]}.argoproj.io. Install Argo Workflows (4.0.2 or later, or 3.7.11), with its full CRDs, or choose another context.`,
    )
  if (status === 404 && /namespaces ".*" not found/.test(message))
    return says(
      `There is no namespace ${at.namespace} in the cluster of context "${at.context}". Correct "namespace" of the environment ${at.environment}, or make it: kubectl create namespace ${at.namespace}.`,
    )
  if (status === 413 || /request is too large|larger than max/.test(message))
    return says(
      `The cluster does not take an object of this size (${message}). Report it: Trireme divides plans so that this does not happen.`,
    )
  return says(`The cluster of context "${at.context}" refused to ${method.toLowerCase()} ${path} (${status}): ${message}.`)
}
/** A Status object's message, or what else was said. */
export function messageOf({ text }: Pick<Answer, 'text'>): string {
  try {
    const { message } = JSON.parse(text)
    if (typeof message === 'string' && message !== '') return message.replace(/\.$/, '')
  } catch {
    // A proxy before the server, or the server itself, may answer in plain text.
  }
  return text.trim().slice(0, 300) || 'without a word'
}
export interface ClusterSettings {
  readonly context: string
  readonly kubeconfig?: string
  readonly namespace: string
  /** Name of the environment, for messages. */
  readonly environment: string
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** Time of the server, to tell how far the clocks are apart. */
  readonly date: string | undefined
}
