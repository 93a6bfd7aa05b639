"""Files are written whole or not at all, with the mode of any other file."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from progtx_core.files import write_atomically


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_a_file_has_the_mode_of_a_plain_one_and_the_mask_is_left_alone(
    tmp_path, monkeypatch, mask
):
    before = os.umask(mask)
    try:
        with monkeypatch.context() as patch:  # a moment's 0 would reach all threads
            patch.setattr("os.umask", lambda mask: pytest.fail("the mask was changed"))
            write_atomically(tmp_path / "ours", "text")
        (tmp_path / "plain").write_text("text")
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode for name in ("ours", "plain")]
    assert modes[0] == modes[1]


def test_threads_that_write_one_file_leave_one_whole_text(tmp_path):
    texts = [letter * 100_000 for letter in "abcdefgh"]
    write = [
        threading.Thread(target=write_atomically, args=(tmp_path / "file", text))
        for text in texts
    ]
    for thread in write:
        thread.start()
    for thread in write:
        thread.join()
    assert (tmp_path / "file").read_text() in texts
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_bytes_and_new_folders(tmp_path):
    write_atomically(tmp_path / "new" / "folder" / "file", b"\x00\xff")
    assert (tmp_path / "new" / "folder" / "file").read_bytes() == b"\x00\xff"


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """A real failing write: the process may write no file of more than 1,000 bytes."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "result.txt"
    path.write_text("old")
    code = (
        "import sys; from progtx_core.files import write_atomically\n"
        "write_atomically(sys.argv[1], 'x' * 5000)"
    )

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    command = [sys.executable, "-c", code, str(path)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, preexec_fn=limit, capture_output=True, text=True, env=env
    )
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
