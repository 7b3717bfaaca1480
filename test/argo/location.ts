/** As much of a Workflow as says where the files of its pods are. */
interface Said {
  readonly spec?: {
    readonly artifactRepositoryRef?: object
    readonly templateDefaults?: { readonly archiveLocation?: { readonly s3?: Readonly<Record<string, unknown>> } }
  }
}
/**
 * Where Argo has the pods of a Workflow read and write, when their artifacts have keys alone. A location that lacks endpoint, bucket or key counts
 * for nothing, without a word: the controller's own repository is taken, which is told as undefined here.
 */
export function locationOf(workflow: object): Readonly<Record<string, unknown>> | undefined {
  const { spec }: Said = workflow
  if (spec?.artifactRepositoryRef) return { ...spec.artifactRepositoryRef }
  const { s3 } = spec?.templateDefaults?.archiveLocation ?? {}
  return s3?.endpoint && s3.bucket && s3.key ? s3 : undefined
}
