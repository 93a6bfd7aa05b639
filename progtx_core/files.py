"""Files that are written whole or not at all, and read with all that can be wrong."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

LARGEST = 2**26  # bytes of a text that is read
MOST_NODES = 100_000  # of YAML, its aliases written out


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write a file so that it is either the old one or the whole new one.

    Raises OSError (full disk, read-only folder) and leaves the old file as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        # "x" lets the system apply the umask; `tempfile` would make a private file.
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises FileNotFoundError, or ValueError for what is no text: a folder, a pipe (which
    would be waited for), more than `LARGEST` bytes, another encoding.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    if not path.is_file():
        raise ValueError(f"{path}: not a plain file; give the path of a text file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path}: larger than {LARGEST >> 20} MiB, this is another file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8"
        ) from None
    if "\0" in text:
        raise ValueError(f"{path}: a binary file, not a text; give another one")
    return text


def read_json(path: str | Path, schema: dict | None = None) -> Any:
    """A JSON file that matches a schema; ValueError in one line if it does not."""
    text = read_text(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: no JSON ({error}); cut off, or another file") from None
    return found if schema is None else matching(path, found, schema)


def matching(where: str | Path, found: Any, schema: dict) -> Any:
    """What was read, if it matches a JSON schema; else ValueError that says where not."""
    from jsonschema import Draft202012Validator  # here: it takes time to import

    error = next(Draft202012Validator(schema).iter_errors(found), None)
    if error is None:
        return found
    message = error.message if len(error.message) < 200 else f"{error.message[:200]} …"
    raise ValueError(f"{where}: at {error.json_path[1:] or 'its top'}: {message}")


def parse_yaml(where: str | Path, text: str, as_texts: bool = False) -> Any:
    """YAML of plain values. as_texts: all of them as they are typed, 1:10 no number.

    Raises ValueError: no YAML, a key twice, a tag that makes objects, more than
    `MOST_NODES` values.

    >>> parse_yaml("-p", "{a: 1:10, b: [010]}", as_texts=True)
    {'a': '1:10', 'b': ['010']}
    """
    import yaml

    kind = yaml.BaseLoader if as_texts else yaml.SafeLoader
    try:
        loader = kind(text)
        node = loader.get_single_node()
        if node is not None and _count_nodes(node, {}) > MOST_NODES:
            raise ValueError(f"more than {MOST_NODES} values")
        return None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{where}: this is no plain YAML: {what[:300]}") from None


def _count_nodes(node: Any, counted: dict[int, int]) -> int:
    """Nodes of a YAML tree, each alias as often as it occurs; a key may occur once."""
    if id(node) not in counted:
        counted[id(node)] = MOST_NODES  # an alias of what it is in has no end
        pairs = node.value if isinstance(node.value, list) else []
        if node.id == "mapping":
            keys = [key.value for key, _ in pairs]
            for key in keys:
                if keys.count(key) > 1:
                    raise ValueError(f"{key!r} occurs twice")
            pairs = [part for pair in pairs for part in pair]
        counted[id(node)] = 1 + sum(_count_nodes(part, counted) for part in pairs)
    return counted[id(node)]
