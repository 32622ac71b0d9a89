from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import ConfigError, find_config, read_files
from appliance.config import files as files_module
from appliance.config.layers import TEXT_LIMIT


def test_the_named_file_comes_first_then_the_variable(tmp_path: Path) -> None:
    env = {"FIELDBOX_CONFIG": "/env.toml"}
    assert find_config(Path("/given.toml"), env) == Path("/given.toml")
    assert find_config(None, env) == Path("/env.toml")


def test_then_the_working_folder_then_etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    etc = tmp_path / "etc.toml"
    monkeypatch.setattr(files_module, "PLACES", (Path("appliance.toml"), etc))
    with pytest.raises(ConfigError) as caught:
        find_config(None, {"FIELDBOX_CONFIG": ""})
    assert str(caught.value) == (
        f"configuration: none found; looked for appliance.toml, {etc} "
        "(name one with --config FILE or FIELDBOX_CONFIG)"
    )
    etc.touch()
    assert find_config(None, {}) == etc
    Path("appliance.toml").touch()
    assert find_config(None, {}) == Path("appliance.toml")


def test_drop_ins_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "conf.d"
    folder.mkdir()
    main = tmp_path / "a.toml"
    for path in (main, folder / "9.toml", folder / "10.toml", folder / ".x.toml", folder / "y.bak"):
        path.write_text(path.name, encoding="utf-8")
    assert read_files(main) == [
        (str(main), b"a.toml"),
        (str(folder / "10.toml"), b"10.toml"),
        (str(folder / "9.toml"), b"9.toml"),
    ]


def test_every_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "conf.d/x.toml").mkdir(parents=True)
    main = tmp_path / "a.toml"
    with pytest.raises(ConfigError) as caught:
        read_files(main)
    assert str(caught.value).splitlines() == [
        f"{main}: cannot be read: No such file or directory",
        f"{tmp_path}/conf.d/x.toml: cannot be read: Is a directory",
    ]


def test_no_more_is_read_than_can_be_taken(tmp_path: Path) -> None:
    main = tmp_path / "a.toml"
    main.write_bytes(b"#" * (TEXT_LIMIT * 2))
    ((_, content),) = read_files(main)
    assert len(content) == TEXT_LIMIT + 1


def test_too_many_drop_ins_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "conf.d"
    folder.mkdir()
    main = tmp_path / "a.toml"
    main.touch()
    for number in range(files_module.DROP_IN_LIMIT + 1):
        (folder / f"{number}.toml").touch()
    with pytest.raises(ConfigError, match="201 drop-ins are too many"):
        read_files(main)


def test_a_name_with_a_zero_byte_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_files(Path("a\0b"))
