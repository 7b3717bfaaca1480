import { fullWords } from '../../../bucket/refusals.ts'

// How a pod that was taken away is told from a step that failed, by Argo's expressions and by the client alike: patterns that Go and JavaScript read
// the same.

/** Attempts that a lost node, a lost pod or a failed transfer may cost. */
export const lossesBorne = 2
/** What the controller says where a file is not in the bucket, the bucket is full, or the pod's account is not there: it will be so the next time, too. */
export const missing = `does not exist|no such file|serviceaccounts .* not found|${fullWords}`
/** What kubelet says of pods that it ended or refused for the node's sake. Whoever deletes a pod leaves it no words. */
export const taken = 'low on resource|node shutdown|Node is shutting down|node had condition|Pod was rejected|Preempted'
/** What kubelet says of pods that took more than they may. */
export const overdrawn = 'deadline|local (ephemeral )?storage|EmptyDir'

/** An attempt that failed, as the controller tells it. */
export interface EndedPod {
  readonly phase?: string
  readonly message?: string
  readonly outputs?: { readonly exitCode?: string }
}
/** Whether its pod was lost, and the step has no part in that. The pod itself says with 75 that a transfer was lost, and with 143 that it was told to stop. */
export function isLost({ phase, message = '', outputs }: EndedPod): boolean {
  const matches = (pattern: string) => new RegExp(pattern).test(message)
  if (matches(overdrawn) || matches('next memory=')) return false // the latter asks for another try by itself
  return (phase === 'Error' && !matches(missing)) || /^(75|143)$/.test(outputs?.exitCode ?? '') || matches(taken)
}
