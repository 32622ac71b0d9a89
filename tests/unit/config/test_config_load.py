from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import Address, ConfigError, Settings, load, load_texts
from appliance.config.usb_name import UsbName

BASE = Path("/srv/box")


def settings_of(*texts: str) -> Settings:
    names = ["main.toml", *(f"conf.d/{number}.toml" for number in range(1, len(texts)))]
    return load_texts(list(zip(names, texts, strict=True)), BASE, {})


def problems_of(*texts: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings_of(*texts)
    return str(caught.value).splitlines()


def test_two_keys_are_enough() -> None:
    settings = settings_of('state_dir = "DIR"\n[http]\nlisten = "127.0.0.1:0"\n')
    assert settings.state_dir == BASE / "DIR"
    assert settings.http.listen == Address("127.0.0.1", 0)
    assert settings.printers["paper"].folder == BASE / "DIR/paper"
    assert settings.sync.readers == 3


def test_a_second_box_on_a_free_port_takes_a_free_metrics_port_too() -> None:
    free = 'state_dir = "d"\n[http]\nlisten = "127.0.0.1:0"\n'
    assert settings_of(free).http.metrics_listen == Address("127.0.0.1", 0)
    assert settings_of(free + 'metrics_listen = "127.0.0.1:9464"\n').http.metrics_listen == Address(
        "127.0.0.1", 9464
    )
    assert settings_of('state_dir = "d"').http.metrics_listen == Address("127.0.0.1", 9464)


def test_metrics_can_be_turned_off() -> None:
    assert settings_of('state_dir = "d"\n[http]\nmetrics_listen = ""').http.metrics_listen is None


def test_paths_are_made_absolute() -> None:
    settings = settings_of(
        'state_dir = "../data/./x"\n'
        '[tls]\ncertificate = "c.pem"\nprivate_key = "/etc/key.pem"\n'
        '[printers.van]\n[printers.desk]\nfolder = "../out"\n'
    )
    assert settings.state_dir == Path("/srv/data/x")
    assert settings.tls.certificate == BASE / "c.pem"
    assert settings.tls.private_key == Path("/etc/key.pem")
    assert {name: printer.folder for name, printer in settings.printers.items()} == {
        "van": Path("/srv/data/x/van"),
        "desk": Path("/srv/data/out"),
    }


def test_a_printer_is_read_with_its_transport() -> None:
    printers = settings_of(
        'state_dir = "d"\n'
        '[printers.a]\ntransport = "usb"\nusb = "04B8:0E15:J7 K2@1-1.2"\n'
        '[printers.b]\ntransport = "tcp"\nhost = "10.0.0.9"\n'
        '[printers.c]\ntransport = "tcp"\nhost = "[fd00::9]:9101"\n'
        '[printers.d]\ntransport = "serial"\nport = "/dev/ttyS0"\nbaud = 115200\n'
        'parity = "even"\nflow = "rts_cts"\n'
        '[printers.e]\ntransport = "usb"\n'
    ).printers
    assert printers["a"].usb == UsbName("04b8", "0e15", "J7 K2", "1-1.2")
    assert printers["b"].host == Address("10.0.0.9", 9100)
    assert printers["c"].host == Address("fd00::9", 9101)
    assert printers["d"].port == Path("/dev/ttyS0")
    assert (printers["d"].baud, printers["d"].parity) == (115_200, "even")
    assert printers["e"].usb is None


def test_drop_ins_have_the_last_word_and_their_mistakes_name_them() -> None:
    main = 'state_dir = "d"\nname = "A"\n[sync]\nreaders = 2\nmax_nesting = 10\n'
    settings = settings_of(main, 'name = "B"', "[sync]\nreaders = 4\n")
    assert (settings.name, settings.sync.readers, settings.sync.max_nesting) == ("B", 4, 10)
    assert problems_of(main, "[sync]\nreaders = 99\n") == [
        "conf.d/1.toml:2: sync.readers: the number 99 is too large "
        "(allowed: a whole number from 2 to 8)"
    ]


def test_all_problems_are_told_at_once() -> None:
    lines = problems_of(
        'nam = "x"\n[http]\nlisten = ":1"\n[sync]\nreaders = "3"\n[nope]\n', "[log\nlevel = 1\n"
    )
    # The second file cannot be parsed, so nothing is said about keys that might be in it.
    assert [line.split(": ")[0] for line in lines] == [
        "main.toml:1",
        "main.toml:3",
        "main.toml:5",
        "main.toml:6",
        "conf.d/1.toml:1",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "main.toml: state_dir: is missing (allowed: a path)"),
        (
            'state_dir = "d"\n[http]\nlisen = "x"\n',
            "main.toml:3: http.lisen: unknown key (allowed: listen, public_host, metrics_listen, "
            "idle_timeout_s, request_timeout_s, stall_timeout_s, max_connections, "
            'max_connections_per_address; did you mean "listen"?)',
        ),
        (
            'state_dir = "d"\n[mdns]\ncode_tries = 3\n',
            "main.toml:3: mdns.code_tries: unknown key (allowed: enabled; "
            '"code_tries" belongs below [enrollment])',
        ),
        (
            'state_dir = "d"\n[mdns]\nname = "x"\n',
            "main.toml:3: mdns.name: unknown key (allowed: enabled; "
            '"name" belongs above the first [table])',
        ),
        (
            'state_dir = "d"\nhttp = "0.0.0.0:1"\n',
            'main.toml:2: http: found the text "0.0.0.0:1" '
            "(allowed: a table; write [http] and its keys below)",
        ),
        (
            'state_dir = "d"\n[printers]\ntransport = "file"\n',
            'main.toml:3: printers.transport: found the text "file" '
            '(allowed: a table; "transport" belongs below [printers.NAME])',
        ),
        (
            'state_dir = "d"\nprinters = []\n',
            "main.toml:2: printers: found a list "
            "(allowed: a table of tables; write [printers.NAME] and its keys below)",
        ),
        (
            'state_dir = "d"\n[[printers]]\nname = "x"\n',
            "main.toml:2: printers: found a list "
            "(allowed: a table of tables; write [printers.NAME] and its keys below)",
        ),
        (
            'state_dir = "d"\n[printers.Van]\n',
            'main.toml:2: printers.Van: "Van" cannot be a name (allowed: a name of a-z, 0-9 and _, '
            'a letter first, at most 63 long; write "van")',
        ),
        (
            'state_dir = "d"\n[printers.a]\nfolder = "x"\n[printers.b]\nfolder = "y/../x"\n',
            'main.toml:5: printers.b.folder: "/srv/box/d/x" is the folder of printers.a too '
            "(give each printer a folder of its own)",
        ),
        (
            'state_dir = "d"\n[printers.a]\nfolder = "."\n',
            "main.toml:3: printers.a.folder: the folder is state_dir itself "
            "(allowed: a folder of its own)",
        ),
        (
            'state_dir = "d"\n[printers.a]\nusb = "04b8:0e15"\n',
            'main.toml:3: printers.a.usb: belongs to the "usb" transport, and the printer\'s is '
            '"file" (write transport = "usb", or leave usb out)',
        ),
        (
            'state_dir = "d"\n[printers.a]\ntransport = "tcp"\nhost = "10.0.0.9"\nbaud = 9600\n',
            'main.toml:5: printers.a.baud: belongs to the "serial" transport, and the printer\'s '
            'is "tcp" (write transport = "serial", or leave baud out)',
        ),
        (
            'state_dir = "d"\n[printers.a]\ntransport = "serial"\n',
            'main.toml:2: printers.a.port: the "serial" transport needs it '
            "(`ls /dev/serial/by-id` names the cables plugged in)",
        ),
        (
            'state_dir = "d"\n[printers.a]\ntransport = "tcp"\n',
            'main.toml:2: printers.a.host: the "tcp" transport needs it '
            "(the printer's self-test page has its address)",
        ),
        (
            'state_dir = "d"\n[printers.a]\ntransport = "serial"\nport = "ttyUSB0"\n',
            'main.toml:4: printers.a.port: "ttyUSB0" is no full path '
            '(allowed: the full path of a serial port; write "/dev/ttyUSB0")',
        ),
        (
            'state_dir = "d"\n[printers.a]\ntransport = "tcp"\nhost = "printer.lan"\n',
            'main.toml:4: printers.a.host: "printer.lan" is no IP address (allowed: an IP address, '
            "or IP:PORT with IPv6 in brackets; a printer's name is not looked up)",
        ),
        (
            'state_dir = "d"\n[printers.a]\ntransport = "usb"\nusb = "lp0"\n',
            'main.toml:4: printers.a.usb: "lp0" is no USB printer (allowed: VENDOR:PRODUCT in '
            "hexadecimal, then :SERIAL or @SOCKET where that is needed; "
            "`fieldbox printer list` shows those plugged in)",
        ),
        (
            'state_dir = "~/x"\n',
            'main.toml:1: state_dir: "~/x" begins with "~" '
            "(allowed: a path; write the folder in full)",
        ),
        (
            "state_dir = 5\n",
            "main.toml:1: state_dir: found the number 5 (allowed: a path; text stands in quotes)",
        ),
    ],
)
def test_a_mistake_says_where_what_and_what_is_allowed(text: str, expected: str) -> None:
    assert problems_of(text) == [expected]


def test_many_problems_are_bounded() -> None:
    text = "".join(f"key_{number} = 1\n" for number in range(5000))
    lines = problems_of(text)
    assert len(lines) == 101
    assert lines[-1] == "stopped after 100 problems; there may be more"


def test_files_are_loaded_with_their_drop_ins(tmp_path: Path) -> None:
    main = tmp_path / "appliance.toml"
    main.write_text('state_dir = "var"\nname = "A"\n', encoding="utf-8")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/20-b.toml").write_text('name = "Б"\n', encoding="utf-8")
    (tmp_path / "conf.d/10-a.toml").write_text('name = "C"\n', encoding="utf-8")
    settings = load(main, {})
    assert settings.name == "Б"
    assert settings.state_dir == tmp_path / "var"


def test_a_relative_config_path_still_gives_an_absolute_state_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.toml").write_text('state_dir = "var"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load(Path("a.toml"), {}).state_dir == tmp_path / "var"
