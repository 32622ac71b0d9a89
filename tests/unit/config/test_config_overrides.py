from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import ConfigError, Settings, load_texts
from appliance.config.overrides import secret_variables

TEXT = """
state_dir = "d"
[tls]
certificate = "c.pem"
private_key = "k.pem"
"""
VARIABLE = "FIELDBOX_TLS_PRIVATE_KEY_PASSWORD"


def load_with(env: dict[str, str], text: str = TEXT) -> Settings:
    return load_texts([("a.toml", text)], Path("/srv"), env)


def problems_with(env: dict[str, str], text: str = TEXT) -> str:
    with pytest.raises(ConfigError) as caught:
        load_with(env, text)
    return str(caught.value)


def test_the_environment_gives_a_secret_and_wins_over_the_files() -> None:
    text = TEXT + 'private_key_password = "from the file"\n'
    assert load_with({}, text).tls.private_key_password.reveal() == "from the file"
    assert load_with({VARIABLE: "s3"}, text).tls.private_key_password.reveal() == "s3"


def test_an_empty_variable_is_absent() -> None:
    assert not load_with({VARIABLE: ""}).tls.private_key_password


def test_a_secret_is_in_no_repr_and_no_message() -> None:
    assert "s3cret" not in repr(load_with({VARIABLE: "s3cret"}))
    broken = TEXT + "private_key_password = 12345678\n"
    assert "12345678" not in problems_with({}, broken)
    assert "s3cret" not in problems_with({VARIABLE: "s3cret\0"})


def test_a_problem_names_the_variable() -> None:
    assert problems_with({VARIABLE: "x" * 5000}) == (
        f"environment {VARIABLE}: tls.private_key_password: is too long or holds a zero byte "
        "(allowed: text)"
    )


def test_a_key_that_is_no_secret_cannot_come_from_the_environment() -> None:
    assert problems_with({"FIELDBOX_HTTP_LISTEN": "0.0.0.0:1", "FIELDBOX_STATE_DIR": "x"}) == (
        f"environment: FIELDBOX_HTTP_LISTEN: is no secret (allowed: {VARIABLE}; "
        "set http.listen in the configuration file)\n"
        f"environment: FIELDBOX_STATE_DIR: is no secret (allowed: {VARIABLE}; "
        "set state_dir in the configuration file)"
    )


def test_a_misspelt_variable_is_told() -> None:
    assert problems_with({"FIELDBOX_TLS_PRIVATE_KEY_PASS": "s3cret"}) == (
        'environment: "FIELDBOX_TLS_PRIVATE_KEY_PASS" is no variable of the configuration '
        f'(allowed: {VARIABLE}; did you mean "{VARIABLE}"?)'
    )


def test_other_variables_are_left_alone() -> None:
    load_with({"FIELDBOX_CONFIG": "x", "FIELDBOX": "1", "PATH": "/bin", "FIELDBOX_DEMO": "1"})


def test_a_secret_over_a_section_that_is_no_table_leaves_the_real_problem() -> None:
    assert "tls: found the number 5" in problems_with({VARIABLE: "x"}, 'state_dir = "d"\ntls = 5\n')


def test_the_secrets_are_these() -> None:
    assert secret_variables() == {VARIABLE: ("tls", "private_key_password")}


def test_a_password_without_a_key_is_told() -> None:
    assert "there is no private_key to use it for" in problems_with(
        {VARIABLE: "x"}, 'state_dir = "d"\n'
    )
