"""``fieldbox printer add`` where serial cables are plugged in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from appliance.daemon.operations import printers

BELT = Path("/dev/serial/by-id/usb-Prolific_Belt-if00")
OTHER = Path("/dev/serial/by-id/usb-FTDI_Other-if00")


@pytest.fixture
def cables(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found = [BELT]
    monkeypatch.setattr(printers, "serial_cables", lambda: found)
    monkeypatch.setattr(printers, "usb_printers", list)
    return found


def drop_in(config: Path, name: str) -> Path:
    return config.parent / "conf.d" / f"50-printer-{name}.toml"


def test_a_cable_gets_a_name_and_is_not_found_again(fieldbox, config: Path, cables) -> None:
    config.chmod(0o640)
    before = config.read_bytes()
    said = fieldbox("printer", "add", "belt", "--profile", "xprinter-58", "--baud", "115200")
    assert said.code == 0, said.errors
    file = drop_in(config, "belt")
    assert tomllib.loads(file.read_text()) == {
        "printers": {
            "belt": {
                "transport": "serial",
                "port": str(BELT),
                "profile": "xprinter-58",
                "baud": 115_200,
            }
        }
    }
    assert file.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    assert config.read_bytes() == before
    assert "Xprinter XP-58 and the like, 58 mm, 32 columns" in said.output
    assert "fieldbox printer test belt" in said.output
    assert "calibrate" not in said.output
    assert "paper, which stood in for a printer, is none any more" in said.output
    assert fieldbox("config", "check").code == 0
    again = fieldbox("printer", "add", "another")
    assert again.code == 1
    assert "no serial cable is plugged in that the config does not name" in again.errors


def test_one_of_several_is_chosen(fieldbox, config: Path, cables) -> None:
    cables.append(OTHER)
    config.write_text(config.read_text() + "[printers.paper]\n")
    said = fieldbox("printer", "add", "belt")
    assert said.code == 2
    assert BELT.name in said.errors
    assert OTHER.name in said.errors
    assert fieldbox("printer", "add", "belt", "--use", "epson").code == 2
    assert fieldbox("printer", "add", "belt", "--use", "ftdi", "--json").json["name"] == "belt"
    assert str(OTHER) in drop_in(config, "belt").read_text()
    rest = fieldbox("printer", "add", "rest").output
    assert "fieldbox printer calibrate rest" in rest
    assert "none any more" not in rest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["paper"], "has a printer paper already"),
        (["../belt"], "is no name of a printer"),
        (["Belt"], "is no name of a printer"),
        (["belt", "--profile", "xprinter-85"], "did you mean xprinter-58?"),
        (["belt", "--profile", 'x"\nusers = ["a"]'], "profile"),
    ],
)
def test_nothing_is_written_where_something_is_wrong(
    fieldbox, config: Path, cables, arguments, words: str
) -> None:
    config.write_text(config.read_text() + "[printers.paper]\n")
    said = fieldbox("printer", "add", *arguments)
    assert said.code == 2
    assert words in said.errors
    assert not (config.parent / "conf.d").exists()


def test_what_config_check_would_refuse_is_refused(fieldbox, config: Path, cables) -> None:
    text = config.read_text().replace("[http]", '[printing]\ntemplates = "none"\n[http]')
    config.write_text(text)
    said = fieldbox("printer", "add", "belt")
    assert said.code == 2
    assert "printing.templates" in said.errors
    assert not (config.parent / "conf.d").exists()


def test_a_file_that_is_there_stays(fieldbox, config: Path, cables) -> None:
    file = drop_in(config, "belt")
    file.parent.mkdir()
    file.write_text("# kept\n")
    said = fieldbox("printer", "add", "belt")
    assert said.code == 1
    assert "is there already" in said.errors
    assert file.read_text() == "# kept\n"
