"""Secrets are made once, kept to their owner, and never made anew behind anybody's back."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from vehicleguard import secret


def test_secrets_are_made_once_and_found_again(tmp_path: Path) -> None:
    first = secret.load(tmp_path)
    again = secret.load(tmp_path)
    assert (first.made, again.made) == (True, False)
    assert (first.admin_token, first.session_secret) == (again.admin_token, again.session_secret)
    assert min(len(first.admin_token), len(first.session_secret)) >= 32
    assert first.admin_token != first.session_secret


def test_no_two_runs_share_secrets(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    tokens = set()
    for folder in folders:
        folder.mkdir()
        tokens.add(secret.load(folder).admin_token)
    assert len(tokens) == 2


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    secret.load(tmp_path)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_unfinished_file_of_a_run_that_died_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.part").write_text("half")
    assert secret.load(tmp_path).made
    assert [p.name for p in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"admin_token": "x"})])
def test_a_file_that_is_none_of_ours_is_named_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="not the secrets file of this program") as caught:
        secret.load(tmp_path)
    assert str(path) in str(caught.value)
    assert path.read_text() == content


def test_a_folder_that_is_not_there_is_the_machine_s_fault(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        secret.load(tmp_path / "none")
