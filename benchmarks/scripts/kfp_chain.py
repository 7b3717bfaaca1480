# The same chain by the compiler of Kubeflow Pipelines: python kfp_chain.py COUNT; seconds go to figures.json, the pipeline to chain.yaml
import json
import sys
import time

from kfp import compiler, dsl

count = int(sys.argv[1])
sys.setrecursionlimit(100_000)


@dsl.container_component
def link(source: dsl.Input[dsl.Artifact], n: int, made: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(image="registry.example.org/tools", command=["sort"], args=["-k", n, "-o", made.path, source.path])


begun, cpu = time.perf_counter(), time.process_time()


@dsl.pipeline(name="chain")
def chain():
    at = dsl.importer(artifact_uri="s3://bucket/file.txt", artifact_class=dsl.Artifact).output
    for n in range(count):
        at = link(source=at, n=n).outputs["made"]


built, cpu_built = time.perf_counter(), time.process_time()
compiler.Compiler().compile(chain, "chain.yaml")
ended, cpu_ended = time.perf_counter(), time.process_time()
with open("chain.yaml") as file:
    tasks = file.read().count("taskInfo:") - 1
with open("figures.json", "w") as file:
    json.dump(
        {
            "seconds": ended - begun,
            "cpu": cpu_ended - cpu,
            "textSeconds": ended - built,
            "textCpu": cpu_ended - cpu_built,
            "tasks": tasks,
        },
        file,
    )
