"""Files are written whole or not at all, with the mode of any other file."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from progtx_core import files
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("né".encode("latin-1"), "byte 1 is no UTF-8"),
        ("text".encode("utf-16"), "is no UTF-8"),
        (b"a\0b", "a binary file"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=f"file: .*{message}"):
        files.read_text(tmp_path / "file")


def test_a_mark_of_the_byte_order_is_no_part_of_the_text(tmp_path):
    (tmp_path / "file").write_text("é", "utf-8-sig")
    assert files.read_text(tmp_path / "file") == "é"


def test_neither_a_folder_nor_a_pipe_nor_what_is_too_large_is_read(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no such file"):
        files.read_text(tmp_path / "none")
    with pytest.raises(ValueError, match="not a plain file"):
        files.read_text(tmp_path)
    monkeypatch.setattr(files, "LARGEST", 3)
    (tmp_path / "file").write_text("four")
    with pytest.raises(ValueError, match="larger than"):
        files.read_text(tmp_path / "file")
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="not a plain file"):
            files.read_text(tmp_path / "pipe")


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no JSON"),
        ('{"n": 1', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", r"at its top: \[1\] is not of type 'object'"),
        ("{}", "'n' is a required property"),
        ('{"n": "x"}', r"at \.n: 'x' is not of type 'integer'"),
    ],
)
def test_json_that_does_not_match_is_named_in_one_line(tmp_path, content, message):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=message) as refused:
        files.read_json(tmp_path / "a.json", SCHEMA)
    assert "\n" not in str(refused.value) and "a.json" in str(refused.value)


def test_json_that_matches_is_returned(tmp_path):
    (tmp_path / "a.json").write_text('{"n": 3, "more": null}')
    assert files.read_json(tmp_path / "a.json", SCHEMA) == {"n": 3, "more": None}


ALIASES = "\n".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(9))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "a: [1",
        "\ta: 1",
        "!!python/object:os.system {}",
        "seed: !!int abc",
        "a: &a [*a]",
        "[" * 5000,
        "a0: &a0 [x]\n" + ALIASES,
        f"seed: {'9' * 5000}",
        "a: 1\n---\nb: 2",
    ],
)
def test_yaml_that_is_not_plain_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="plan.yaml: this is no plain YAML") as refused:
        files.parse_yaml("plan.yaml", text)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_aliases_of_plain_values_are_read():
    assert files.parse_yaml("x", "a: &one [1, 2]\nb: *one") == {"a": [1, 2], "b": [1, 2]}
    assert files.parse_yaml("x", "") is None
