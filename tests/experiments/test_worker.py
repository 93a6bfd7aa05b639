"""One run in a process: where what is said beside messages goes."""

import subprocess
import sys

from progtx_core.tools.experiments.trial import for_kernels


def test_what_a_kernel_says_as_it_ends_is_in_the_log_of_its_run(tmp_path, capfd):
    speak = [sys.executable, "-c", "import os; os.write(2, b'words')"]
    log = tmp_path / "log.txt"
    log.write_text("before, ", "utf-8")
    with for_kernels(log):
        subprocess.run(speak, check=True)
    assert log.read_text("utf-8") == "before, words"
    assert capfd.readouterr().err == ""
    subprocess.run(speak, check=True)
    assert capfd.readouterr().err == "words"
