"""Makes the defects of `defects.txt`, one by one; each must be seen by its test.

python -m tests.defects [--only TEXT] [--sample N] [--report]
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.defects import forks, report
from tests.defects.defects import Defect, read


def judge(defects: list[Defect], folder: Path) -> list[tuple[Defect, forks.Run]]:
    """Each with the run of its test; RuntimeError if tests fail without a defect."""
    killers = sorted({defect.killer for defect in defects})
    sound = forks.run(folder, ["-m", "", *killers], limit=600)
    if sound.code != 0:
        raise RuntimeError(f"tests fail without any defect:\n{sound.output[-3000:]}")
    judged = []
    for defect in defects:
        path = folder / defect.file
        with forks.replaced(path, defect.made_in(path.read_text("utf-8"))):
            run = forks.run(folder, ["-m", "", defect.killer])
        judged.append((defect, run))
        print(f"{run.says}  {run.seconds:4.1f} s  {defect.file}: {defect.name}", flush=True)
        if run.says == "error":
            print(run.output[-3000:])
    return judged


def main() -> int:
    """0 if every defect was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.defects", description=__doc__)
    parser.add_argument("--only", default="", help="those with this in file or name")
    parser.add_argument("--sample", type=int, help="so many of them, always the same")
    parser.add_argument("--report", action="store_true", help="write them to REPORT.md")
    given = parser.parse_args()
    chosen = [one for one in read() if given.only in f"{one.file}: {one.name}"]
    if given.sample is not None and given.sample < len(chosen):
        chosen = random.Random(0).sample(chosen, given.sample)
    forks.warm_up()
    with (
        TemporaryDirectory(prefix="progtx-defects-") as name,
        forks.copy_of_the_repository(Path(name)) as folder,
    ):
        judged = judge(chosen, folder)
    counts = Counter(run.says for _, run in judged)
    print(", ".join(f"{n} {says}" for says, n in counts.items()), f"of {len(judged)}")
    if given.report:
        report.write("Defects", report.of_defects(judged))
    return int(counts["killed"] < len(judged))


if __name__ == "__main__":
    sys.exit(main())
