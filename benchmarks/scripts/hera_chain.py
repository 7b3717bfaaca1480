# The same chain by Hera: python hera_chain.py COUNT; seconds go to figures.json, the manifest to chain.yaml
import json
import sys
import time

from hera.workflows import DAG, Artifact, Container, NoneArchiveStrategy, Parameter, S3Artifact, Task, Workflow

count = int(sys.argv[1])
begun, cpu = time.perf_counter(), time.process_time()
with Workflow(generate_name="chain-", entrypoint="main") as w:
    none = NoneArchiveStrategy()
    link = Container(
        name="link",
        image="registry.example.org/tools",
        command=["sort"],
        args=["-k", "{{inputs.parameters.n}}", "-o", "/w/to.txt", "/w/from.txt"],
        inputs=[
            Parameter(name="o"),
            Parameter(name="a"),
            Parameter(name="n"),
            S3Artifact(name="from", path="/w/from.txt", key="entries/{{inputs.parameters.a}}/to.txt", archive=none),
        ],
        outputs=[S3Artifact(name="to", path="/w/to.txt", key="entries/{{inputs.parameters.o}}/to.txt", archive=none)],
    )
    with DAG(name="main"):
        before = None
        for n in range(count):
            task = Task(
                name=f"link-{n:08x}",
                template=link,
                arguments={"o": f"{n + 1:064x}", "a": f"{n:064x}", "n": str(n)},
            )
            if before is not None:
                before >> task
            before = task
built, cpu_built = time.perf_counter(), time.process_time()
text = w.to_yaml()
ended, cpu_ended = time.perf_counter(), time.process_time()
with open("chain.yaml", "w") as file:
    file.write(text)
with open("figures.json", "w") as file:
    json.dump(
        {
            "seconds": ended - begun,
            "cpu": cpu_ended - cpu,
            "textSeconds": ended - built,
            "textCpu": cpu_ended - cpu_built,
            "tasks": text.count("template: link"),
        },
        file,
    )
